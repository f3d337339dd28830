// The one rule between a field of the API and its flag: `path_pattern` is `--path-pattern`.
export const flagName = (field: string): string => field.replaceAll('_', '-')
