// `npm run made`: writes the files that are made from the sources; `--check` only tells which are out of date.
import {execFileSync} from 'node:child_process'
import {existsSync, readFileSync, writeFileSync} from 'node:fs'
import {configurationTable, envExample} from '../src/core/config.ts'
import {type ProblemCode, problems} from '../src/core/problem.ts'
import {commandsPage} from './commands-page.ts'
import {justfile} from './justfile.ts'

const root = new URL('../', import.meta.url)

const configurationPage = (): string =>
  [
    '# Configuration',
    '',
    'Settings are environment variables. `mcpx serve` also reads `./.env`; the process environment wins, and an empty',
    'variable is as good as none. All mistakes are told at once, before anything starts.',
    '',
    'Made by `npm run made` from `src/core/config.ts`.',
    '',
    configurationTable(),
    '',
  ].join('\n')

function problemsPage(): string {
  const rows = (Object.keys(problems) as ProblemCode[]).map(code => {
    const {status, title, hint} = problems[code]
    return `| \`${code}\` | ${status} | ${title} | ${hint.replaceAll('|', '\\|')} |`
  })
  return [
    '# Problems',
    '',
    'Whatever goes wrong is answered as a problem document (RFC 9457) with a permanent `code`, and a `hint` that says',
    'what to do. The command line prints the same words; with `--json` it prints the document.',
    '',
    'Made by `npm run made` from `src/core/problem.ts`.',
    '',
    '| code | status | what happened | what to do |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}

/** What oclif makes of the built commands. It can only write its file in place, so that is put back. */
function manifest(): string {
  const file = new URL('oclif.manifest.json', root)
  const before = existsSync(file) ? readFileSync(file, 'utf8') : undefined
  execFileSync('oclif', ['manifest'], {cwd: root, stdio: ['ignore', 'ignore', 'inherit']})
  const made = readFileSync(file, 'utf8')
  if (before !== undefined) writeFileSync(file, before)
  return slim(made)
}

type Listed = Record<string, unknown> & {flags: Record<string, Record<string, unknown>>}

/** In order, a line a command, and without what nobody reads at run time: every start of mcpx parses it. */
function slim(manifest: string): string {
  const {commands, version} = JSON.parse(manifest) as {commands: Record<string, Listed>; version: string}
  const ids = Object.keys(commands).toSorted()
  if (ids.length === 0) throw new Error('oclif found no commands: build first, `npm run build`')
  const lines = ids.map(id => {
    const {operation: _, pluginAlias: _1, pluginName: _2, pluginType: _3, ...command} = commands[id] as Listed
    for (const flag of Object.values(command.flags))
      for (const [name, value] of Object.entries(flag)) if (value === false) delete flag[name]
    return `${JSON.stringify(id)}: ${JSON.stringify(command)}`
  })
  return `{"commands": {\n${lines.join(',\n')}\n}, "version": ${JSON.stringify(version)}}\n`
}

const commands = manifest()
const made: Record<string, string> = {
  '.env.example': envExample(),
  'docs/configuration.md': configurationPage(),
  'docs/problems.md': problemsPage(),
  'docs/commands.md': commandsPage(commands),
  justfile: justfile(),
  'oclif.manifest.json': commands,
}

const stale = Object.entries(made).filter(([name, text]) => {
  const file = new URL(name, root)
  return !existsSync(file) || readFileSync(file, 'utf8') !== text
})
if (process.argv.includes('--check')) {
  for (const [name] of stale) console.error(`${name} is out of date: run \`npm run made\``)
  process.exitCode = stale.length > 0 ? 1 : 0
} else {
  for (const [name, text] of stale) {
    writeFileSync(new URL(name, root), text)
    console.log(`${name} written`)
  }
}
