import {spawn} from 'node:child_process'
import {once} from 'node:events'
import * as Args from '@oclif/core/args'
import {McpxCommand} from '../cli/command.ts'
import {serverEnvironment} from '../cli/environment.ts'
import {readConfig} from '../core/config.ts'
import {Problem} from '../core/problem.ts'
import {findProgram} from '../core/program.ts'
import {privateRedisUrl} from '../core/run-directory.ts'

export default class Redis extends McpxCommand {
  static override summary = 'Speak to the Redis of mcpx with redis-cli, on the machine of the server'
  static override description =
    'Run it where `mcpx serve` runs, in the folder of its .env: REDIS_URL, else the private Redis of MCPX_DATA_DIR.'
  static override strict = false
  static override args = {
    command: Args.string({
      ignoreStdin: true,
      description: 'Redis command and its arguments [default: a prompt]',
    }),
  }
  static override examples = [
    {description: 'A prompt', command: 'mcpx redis'},
    {description: 'One command', command: 'mcpx redis PING'},
  ]

  async run(): Promise<void> {
    const {argv} = await this.parse(Redis)
    const program = findProgram(['redis-cli', 'valkey-cli'])
    if (program === undefined) {
      throw new Problem('redis-missing', 'There is no redis-cli or valkey-cli on the PATH.', {
        hint: 'install one: `apt-get install redis-tools` (Debian, Ubuntu), `brew install redis` (macOS)',
      })
    }
    const config = readConfig(serverEnvironment())
    const {cliArguments, redisAddress} = await import('../core/store/redis.ts')
    const {args, env} = cliArguments(redisAddress(config, privateRedisUrl(config.MCPX_DATA_DIR)))
    const child = spawn(program, [...args, ...argv.map(String)], {
      stdio: 'inherit',
      env: {...process.env, ...env},
    })
    // Ctrl-C belongs to the prompt of redis-cli.
    process.on('SIGINT', () => {})
    const [code] = (await once(child, 'exit')) as [number | null]
    process.exitCode = code ?? 1
  }
}
