// What `mcpx serve` would read in this folder.
import {existsSync, readFileSync} from 'node:fs'
import {parseEnv} from 'node:util'

export type Environment = Record<string, string | undefined>

/** `./.env` under the process environment; an empty variable is as good as none. */
export function serverEnvironment(): Environment {
  const own = Object.entries(process.env).filter(([, value]) => value !== '')
  return {...envFile(), ...Object.fromEntries(own)}
}

/**
 * Node itself reads the files of `--env-file`, wherever that stands in its command line; here they are for a service.
 * Takes away again what came from them.
 */
export function withoutEnvFiles(argv: readonly string[]): void {
  for (const [at, word] of argv.entries()) {
    const file = word === '--env-file' ? argv[at + 1] : /^--env-file=(.+)$/.exec(word)?.[1]
    if (file === undefined || !existsSync(file)) continue
    for (const [name, value] of Object.entries(parseEnv(readFileSync(file, 'utf8'))))
      if (process.env[name] === value) delete process.env[name]
  }
}

/** `./.env`, or nothing. */
export function envFile(): Environment {
  if (!existsSync('.env')) return {}
  try {
    return parseEnv(readFileSync('.env', 'utf8'))
  } catch (error) {
    throw Object.assign(error as Error, {path: '.env'})
  }
}
