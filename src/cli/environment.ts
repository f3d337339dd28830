// What `mcpx serve` would read in this folder.
import {existsSync, readFileSync} from 'node:fs'
import {parseEnv} from 'node:util'

export type Environment = Record<string, string | undefined>

/** `./.env` under the process environment; an empty variable is as good as none. */
export function serverEnvironment(): Environment {
  const own = Object.entries(process.env).filter(([, value]) => value !== '')
  return {...envFile(), ...Object.fromEntries(own)}
}

/** `./.env`, or nothing. */
export const envFile = (): Environment => (existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {})
