// The justfile: a recipe for each command of the first generation, so that `just proxy-create …` goes on to work.
import {composeNames, oldGroups, oldNames, oldNotes} from '../src/cli/old-names.ts'

const recipe = (name: string, comment: string, line: string): string[] => [
  `# ${comment}`,
  `${name} *words:`,
  `    @${line} "$@"`,
  '',
]
const called = (name: string, comment: string): string[] => recipe(name, comment, `npx mcpx ${name}`)

export function justfile(): string {
  const commands = Object.entries(oldNames).filter(([name]) => !Object.hasOwn(composeNames, name))
  const recipes = [
    ...Object.entries(composeNames).flatMap(([name, words]) =>
      recipe(name, `docker compose ${words}`, `docker compose ${words}`),
    ),
    ...commands.flatMap(([name, {command}]) => called(name, `mcpx ${command}`)),
    ...Object.keys(oldGroups).flatMap(name => called(name, 'proxies that share one certificate')),
    ...Object.keys(oldNotes).flatMap(name => called(name, 'made at the first start')),
  ]
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
