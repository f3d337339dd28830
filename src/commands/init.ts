import {existsSync, readFileSync} from 'node:fs'
import {userInfo} from 'node:os'
import type {Interfaces} from '@oclif/core'
import * as Flags from '@oclif/core/flags'
import {canAsk, confirmed, McpxCommand, outputFlags} from '../cli/command.ts'
import {envFile} from '../cli/environment.ts'
import {shellWord} from '../cli/hint.ts'
import {packed} from '../cli/own-package.ts'
import {defaultDockerHost, probeDocker} from '../cli/probes.ts'
import {type Answers, questions} from '../cli/questions.ts'
import {
  changedIn,
  composeFile,
  envWith,
  imageFile,
  madeFor,
  onlyAdds,
  type Runner,
  runners,
  systemdUnit,
  writeFile,
} from '../cli/setup-files.ts'
import {answersOf} from '../cli/wizard.ts'
import {Problem} from '../core/problem.ts'

const isSecret = (variable: string): boolean => variable.endsWith('_SECRET')

/** A flag for every question; of a secret, the file that holds it. */
const questionFlags: Record<string, Interfaces.Flag<string | undefined>> = Object.fromEntries(
  questions.map(({flag, ask, variable}) =>
    isSecret(variable)
      ? [
          `${flag}-file`,
          Flags.string({
            helpValue: '<file>',
            description: `${ask}: file that holds it, \`-\` for standard input`,
          }),
        ]
      : [flag, Flags.string({helpValue: '<text>', description: ask})],
  ),
)

export default class Init extends McpxCommand {
  static override summary = 'Set up mcpx in this folder: questions, checks, and a .env'
  static override description =
    'Each answer is checked as it is given. What ./.env has already is kept unless it is answered anew.'
  static override baseFlags = outputFlags
  static override flags = {
    ...questionFlags,
    runner: Flags.option({
      options: runners,
      description: 'what else to write: a docker-compose.yml, a systemd unit, or nothing',
    })(),
    yes: Flags.boolean({
      char: 'y',
      description:
        'change lines and files that are there without asking; without a terminal, defaults decide the rest',
    }),
    'no-input': Flags.boolean({description: 'ask nothing: flags, ./.env and defaults decide'}),
  }
  static override examples = [
    {description: 'Answer questions', command: 'mcpx init'},
    {
      description: 'A server with logins, without questions',
      command:
        'mcpx init --domain example.com --email me@example.com --github-client-id Iv1.x --github-client-secret-file secret --github-users me --runner systemd --no-input --yes',
    },
  ]

  async run(): Promise<void> {
    const {flags} = await this.parse(Init)
    const output = this.output(flags)
    const asks = canAsk(flags)
    const kept = envFile() as Answers
    const given = givenAnswers(flags)
    if (!asks && !flags['no-input'] && !flags.yes) requireAnswers({...kept, ...given}, flags.runner)
    const answers = await answersOf({given, kept, asks, output})
    const runner = flags.runner ?? (asks ? await askRunner() : 'none')
    const settled = {...kept, ...answers}
    await tellDocker(settled.DOCKER_HOST, text => output.note(text))
    const files = new Map<string, string | Buffer>([
      ['.env', envWith({...answers, ...madeFor(runner, settled)})],
    ])
    if (runner === 'compose') {
      files.set('docker-compose.yml', composeFile(settled))
      files.set('image/Dockerfile', imageFile)
      files.set('image/mcpx.tgz', await packed(this.config.root, this.config.pjson.files ?? []))
    }
    if (runner === 'systemd')
      files.set('mcpx.service', systemdUnit(process.cwd(), serveWords(), userInfo().username))
    const replaced = [...files].flatMap(([file, text]) => overwriting(file, text) ?? [])
    if (replaced.length > 0) await confirmed(`Write over ${replaced.join(' and ')}?`, flags)
    for (const [file, text] of files) await writeFile(file, text, file === '.env' ? 0o600 : 0o644)
    const again = repetition(answers, runner)
    if (output.forPrograms) return output.document({files: [...files.keys()], command: again})
    for (const file of files.keys()) output.done(`${file} written`)
    if (runner === 'systemd' && isCached) output.note(cacheWarning)
    output.next(`the same without questions: \`${again}\``)
    output.next(nextStep[runner])
  }
}

const nextStep: Record<Runner, string> = {
  none: 'start it: `mcpx serve`',
  compose: 'start it: `docker compose up --detach --build`',
  systemd: 'install it: `sudo cp mcpx.service /etc/systemd/system/ && sudo systemctl enable --now mcpx`',
}

/** What a person is asked about first: lines and files that would change. Adding lines to .env takes nothing away. */
function overwriting(file: string, text: string | Buffer): string | undefined {
  if (!existsSync(file)) return undefined
  const before = readFileSync(file)
  if (before.equals(Buffer.from(text))) return undefined
  if (file !== '.env') return file
  const [old, next] = [before.toString(), text.toString()]
  if (onlyAdds(old, next)) return undefined
  const changed = changedIn(old, next)
  return changed.length > 0 ? `${changed.join(', ')} in .env` : '.env'
}

function givenAnswers(flags: Record<string, unknown>): Answers {
  return Object.fromEntries(
    questions.flatMap(({flag, variable}) => {
      const value = flags[isSecret(variable) ? `${flag}-file` : flag]
      if (typeof value !== 'string') return []
      return [[variable, isSecret(variable) ? secretIn(value) : value]]
    }),
  )
}

function secretIn(file: string): string {
  return readFileSync(file === '-' ? 0 : file, 'utf8').trim()
}

/** Throws usage: what neither flags nor ./.env answer would be asked, and there is nobody to ask. */
function requireAnswers(answers: Answers, runner: Runner | undefined): void {
  const told = Object.fromEntries(Object.entries(answers).filter(([, answer]) => answer !== '')) as Answers
  const open = questions.filter(
    ({variable, applies}) => answers[variable] === undefined && (applies?.(told) ?? true),
  )
  const flags = open.map(({flag, variable}) => (isSecret(variable) ? `--${flag}-file` : `--${flag}`))
  const missing = [...flags, ...(runner === undefined ? ['--runner'] : [])]
  if (missing.length === 0) return
  throw new Problem('usage', `Nobody can be asked for ${missing.join(', ')}.`, {
    hint: 'give these flags (an empty text is the default), or `--no-input` for the default of each',
  })
}

async function askRunner(): Promise<Runner> {
  const {select} = await import('@inquirer/prompts')
  const choices: {name: string; value: Runner}[] = [
    {name: 'Nothing: I run `mcpx serve` myself', value: 'none'},
    {name: 'Docker Compose: write docker-compose.yml', value: 'compose'},
    {name: 'systemd: write mcpx.service', value: 'systemd'},
  ]
  return select({message: 'What keeps mcpx running?', choices}, {output: process.stderr})
}

async function tellDocker(host: string | undefined, note: (text: string) => void): Promise<void> {
  const {detail, remedy} = await probeDocker(process.env['DOCKER_HOST'] || host || defaultDockerHost)
  note(detail)
  if (remedy !== undefined) note(`  → ${remedy}`)
}

/** npx runs programs from a cache that it empties now and then. */
const isCached = process.argv[1]?.includes('/_npx/') ?? false
const cacheWarning =
  '! The unit names a program in the cache of npx: `npm install --global mcpx`, then `mcpx init` again'

/** This very program, with absolute paths, as systemd wants them. */
const serveWords = (): string[] => [process.execPath, process.argv[1] ?? 'mcpx', 'serve']

/** The command that does the same again; secrets are in .env by then. */
function repetition(answers: Answers, runner: Runner): string {
  const words = questions.flatMap(({flag, variable}) => {
    const answer = answers[variable]
    return answer === undefined || isSecret(variable) ? [] : [`--${flag}`, shellWord(answer)]
  })
  return ['mcpx init', ...words, '--runner', runner, '--no-input', '--yes'].join(' ')
}
