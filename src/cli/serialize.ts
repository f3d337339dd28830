// Results as text for programs: YAML and CSV.

/** YAML 1.2. */
export async function toYaml(document: unknown): Promise<string> {
  const {stringify} = await import('yaml')
  return stringify(document, {lineWidth: 0}).trimEnd()
}

/** One document of YAML, or JSON, which YAML holds. Throws an Error that says where it is wrong. */
export async function fromYaml(text: string): Promise<unknown> {
  const {parse} = await import('yaml')
  return parse(text, {maxAliasCount: 100})
}

/** Rows under a header (RFC 4180); lists and objects stand in their cell as JSON. */
export function toCsv(rows: readonly Record<string, unknown>[], fields: readonly string[]): string {
  const lines = [fields, ...rows.map(row => fields.map(field => plain(row[field])))]
  return lines.map(line => line.map(quoted).join(',')).join('\r\n')
}

function plain(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
