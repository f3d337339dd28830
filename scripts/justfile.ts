// The justfile: a recipe for each command of the first generation, so that `just proxy-create …` goes on to work.
import {oldNames} from '../src/cli/old-names.ts'

export function justfile(): string {
  const recipes = Object.entries(oldNames).flatMap(([name, {command}]) => [
    `# mcpx ${command}`,
    `${name} *words:`,
    `    @npx mcpx ${name} "$@"`,
    '',
  ])
  return [
    '# Recipes of the first generation; each calls the command that took its place. Made by `npm run made` from',
    '# src/cli/old-names.ts. New scripts call `mcpx` themselves.',
    '',
    'set positional-arguments',
    'set dotenv-load',
    '',
    '[private]',
    'default:',
    '    @just --list',
    '',
    ...recipes,
  ].join('\n')
}
