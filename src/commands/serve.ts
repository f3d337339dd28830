import {Command} from '@oclif/core/command'
import * as Flags from '@oclif/core/flags'
import {serverEnvironment} from '../cli/environment.ts'
import {commandName} from '../cli/hint.ts'
import {keepOwnContext} from '../cli/own-context.ts'

export default class Serve extends Command {
  static override summary = 'Run mcpx'
  static override description =
    'Settings are environment variables, also read from ./.env; `.env.example` has them all. Ctrl-C drains and stops; a second Ctrl-C stops at once.'
  static override flags = {
    'reset-admin-token': Flags.boolean({description: 'make a new admin token; the old one ends'}),
  }
  static override examples = [
    {description: 'Start, with what is kept from before', command: 'mcpx serve'},
    {description: 'On another port', command: 'HTTP_PORT=8080 mcpx serve'},
    {description: 'When the admin token is lost', command: 'mcpx serve --reset-admin-token'},
  ]

  async run(): Promise<void> {
    const {flags} = await this.parse(Serve)
    const {Supervisor} = await import('../server/serve.ts')
    const supervisor = new Supervisor({
      environment: serverEnvironment(),
      version: this.config.version,
      command: commandName(),
      resetAdminToken: flags['reset-admin-token'],
      terminal: process.stdout.isTTY === true,
      print: text => process.stdout.write(text),
      notice: text => process.stderr.write(`${text}\n`),
      onReady: ready => {
        try {
          keepOwnContext(ready)
        } catch (error) {
          const {message} = error as Error
          process.stderr.write(
            `The command line has to log in itself (\`mcpx login ${ready.url}\`): ${message}\n`,
          )
        }
      },
    })
    let stopping: Promise<void> | undefined
    let askedAt = 0
    const stop = (): void => {
      if (stopping) {
        // npm passes on what the terminal has sent to everybody: one Ctrl-C arrives twice.
        if (Date.now() - askedAt < 500) return
        supervisor.kill()
        process.exit(130)
      }
      askedAt = Date.now()
      if (process.stdout.isTTY) process.stdout.write('\nStopping…\n')
      stopping = supervisor.stop()
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
    await supervisor.start().catch(error => {
      if (!stopping) throw error
    })
    await stopping
  }
}
