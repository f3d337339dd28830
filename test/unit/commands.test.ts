// The command line against the contract: nothing is missing, nothing is made up, the words are the same everywhere.
import {readFileSync} from 'node:fs'
import {expect} from 'chai'
import {commonFlags} from '../../src/cli/command.ts'
import {flagName} from '../../src/cli/field-name.ts'
import {fieldsOf} from '../../src/cli/fields.ts'
import {operations} from '../../src/core/contract/index.ts'
import {allCommands, type CommandClass} from '../support/commands.ts'

/** Commands that no single operation stands behind, each with its reason. */
const withoutOperation: Record<string, string> = {
  'cert.ca.install': 'changes what this machine trusts',
  'cert.import': 'reads the certificate and its key from files',
  'cert.show': 'prints the certificate itself with --pem',
  api: 'makes any call',
  backup: 'writes a file that it encrypts',
  redis: 'runs redis-cli',
  restore: 'reads a file that it decrypts',
  apply: 'reads files and asks before it deletes',
  diff: 'apply that changes nothing',
  doctor: 'looks at everything',
  export: 'prints YAML where others print a table',
  validate: 'apply that changes nothing and tells less',
  complete: 'answers shells',
  completion: 'prints a script for a shell',
  init: 'writes the settings of a server that is not there yet',
  'context.delete': 'contexts are files of this machine',
  'context.list': 'contexts are files of this machine',
  'context.show': 'contexts are files of this machine',
  'context.use': 'contexts are files of this machine',
  demo: 'starts or removes, then tries the servers with a real client',
  help: 'explains the others',
  login: 'keeps a token on this machine',
  logout: 'forgets a token of this machine',
  logs: 'one command for looking back and for following',
  open: 'starts a browser',
  serve: 'is the server',
  'service.create': 'speaks the words of `docker run`, sends a directory and waits for the service',
  'service.logs': 'one command for looking back and for following',
  'service.stats': 'one command for one service, for all, and for watching',
  'service.update': 'speaks the words of `docker run`, sends a directory and waits for the service',
  version: 'health together with the version of the command line',
  whoami: 'token.info together with where it was asked',
}

/** Operations that another command carries out. */
const carriedOutBy: Record<string, string> = {
  'cert.multi-domain': 'cert.create',
  logs: 'logs',
  'logs.follow': 'logs',
  'service.progress': 'service.create',
  'service.upload': 'service.create',
  'service.logs.follow': 'service.logs',
  'service.stats.all': 'service.stats',
  'demo.start': 'demo',
  'demo.show': 'demo',
  'demo.remove': 'demo',
  'console.link': 'open',
}

/** Operations that no command carries out, each with its reason. */
const withoutCommand: Record<string, string> = {
  'change.follow': 'tells the web UI what to read again',
  'stats.history': 'points of the charts of the web UI',
}

const verbs = [
  'add',
  'attach',
  'auto-register',
  'available',
  'certificates',
  'check',
  'coverage',
  'create',
  'delete',
  'disable',
  'email',
  'enable',
  'export',
  'generate',
  'health',
  'import',
  'info',
  'install',
  'list',
  'logs',
  'metrics',
  'mode',
  'promote',
  'proxies',
  'register',
  'remove',
  'renew',
  'restart',
  'revoke',
  'rotate',
  'sessions',
  'setup',
  'setup-status',
  'show',
  'start',
  'stats',
  'status',
  'stop',
  'test',
  'tokens',
  'update',
  'use',
  'validate',
]

describe('the commands', () => {
  let commands: Map<string, CommandClass>
  let withOperation: [string, CommandClass & {operation: NonNullable<CommandClass['operation']>}][]

  before(async () => {
    commands = await allCommands()
    withOperation = [...commands].filter(([, command]) => command.operation) as typeof withOperation
  })

  it('have one for every operation, called as the operation is', () => {
    const missing = operations
      .filter(({id}) => !(id in withoutCommand))
      .map(({id}) => carriedOutBy[id] ?? id)
      .filter(id => !commands.has(id))
    expect(missing).to.deep.equal([])
    for (const [id, {operation}] of withOperation) expect(operation.id).to.equal(id)
  })

  it('have an operation, or a reason to have none', () => {
    const unexplained = [...commands].filter(([id, {operation}]) => !operation && !(id in withoutOperation))
    expect(unexplained.map(([id]) => id)).to.deep.equal([])
    for (const id of Object.keys(withoutOperation))
      expect(commands.get(id), id).not.to.have.property('operation')
  })

  it('end in a verb of the list', () => {
    const last = [...commands.keys()].filter(id => id.includes('.')).map(id => id.split('.').at(-1))
    expect(last.filter(verb => !verbs.includes(verb ?? ''))).to.deep.equal([])
    expect(verbs.filter(verb => !last.includes(verb))).to.deep.equal([])
  })

  it('take every field of their operation as flag or argument, described as in the contract', () => {
    for (const [id, {operation, flags, args}] of withOperation) {
      const isList = fieldsOf(operation.query).includes('after')
      const fields = [operation.params, operation.body, isList ? undefined : operation.query].flatMap(
        fieldsOf,
      )
      for (const field of fields) {
        const taken = flags[flagName(field)] ?? args[field]
        expect(taken, `${id} ${field}`).to.have.property('description').that.has.length.above(5)
      }
    }
  })

  it('have no field that is called like a common flag', () => {
    const common = Object.keys(commonFlags)
    for (const [id, {flags}] of withOperation) {
      expect(
        Object.keys(flags).filter(flag => common.includes(flag)),
        id,
      ).to.deep.equal([])
    }
  })

  it('never take standard input, which may hold a token, for an argument', () => {
    for (const [id, {args}] of commands) {
      for (const arg of Object.values(args)) expect(arg, id).to.have.property('ignoreStdin', true)
    }
  })

  it('ask before they delete', () => {
    for (const [id, {operation, flags}] of withOperation) {
      // Cleaning up deletes data only when it is told to.
      expect('yes' in flags, id).to.equal(operation.method === 'DELETE' || id === 'cleanup')
    }
  })

  it('have the name typed before a secret, a key or data is gone for good', () => {
    const typed = withOperation.filter(([, {flags}]) => flags['yes']?.description?.includes('typed'))
    expect(typed.map(([id]) => id)).to.have.members([
      'cert.delete',
      'cleanup',
      'oauth.client.delete',
      'port.token.revoke',
      'proxy.delete',
      'proxy.key.revoke',
      'service.delete',
      'token.delete',
    ])
  })

  it('guard with a revision what the server can guard', () => {
    for (const [id, {operation, flags}] of withOperation) {
      expect('if-revision' in flags, id).to.equal(operation.problems?.includes('revision-mismatch') ?? false)
    }
  })

  it('stand under topics that are described', () => {
    const {oclif} = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    const ids = [...commands.keys()].map(id => id.replaceAll('.', ':'))
    const topics = ids
      .flatMap(id => id.split(':').map((_, i, words) => words.slice(0, i).join(':')))
      .filter(Boolean)
    expect(Object.keys(oclif.topics)).to.have.members(
      [...new Set(topics)].filter(topic => !ids.includes(topic)),
    )
  })

  it('have a summary and examples that use only flags that exist, in their long form', () => {
    for (const [id, command] of commands) {
      expect(command.summary, id).to.be.a('string')
      expect(command.examples, id).to.have.property('length').above(0)
      for (const example of command.examples as {description: string; command: string}[]) {
        for (const part of example.command.split('|').filter(one => one.includes('mcpx '))) {
          for (const flag of part.match(/(?<= )--?\w[-\w]*/g) ?? []) {
            const name = flag.replace(flag === '--no-input' ? /^--/ : /^--(no-)?/, '')
            const owner = [...commands].findLast(([one]) =>
              part.includes(`mcpx ${one.replaceAll('.', ' ')}`),
            )?.[1]
            const flags = {...owner?.flags, ...owner?.baseFlags}
            const names = Object.entries(flags).flatMap(([one, {aliases = []}]) => [one, ...aliases])
            expect(names, `${id}: ${flag}`).to.include(name)
          }
        }
      }
    }
  })
})
