// What `service create` takes in the words people know from `docker run`: ports, variables, files of variables.
import {readFileSync} from 'node:fs'
import type {PortConfig} from '../core/contract/port.ts'
import {Problem} from '../core/problem.ts'

const usage = (detail: string, hint: string): Problem => new Problem('usage', detail, {hint})

/** `[BIND:]HOST[:CONTAINER][/udp]` as a port of a service. */
export function publishedPort(text: string): PortConfig {
  const match = /^(?:(\d+\.\d+\.\d+\.\d+):)?(\d+)(?::(\d+))?(?:\/(tcp|udp))?$/.exec(text)
  const [, bind, host = '', container, protocol] = match ?? []
  if (
    !match ||
    [host, container].some(port => port !== undefined && (Number(port) < 1 || Number(port) > 65_535))
  )
    throw usage(
      `--publish ${text} is not [BIND:]HOST[:CONTAINER][/udp].`,
      'write e.g. 8080, 8080:80 or 0.0.0.0:5353:53/udp',
    )
  return {
    name: protocol === 'udp' ? `p${host}-udp` : `p${host}`,
    host: Number(host),
    ...(container !== undefined && {container: Number(container)}),
    ...(bind !== undefined && {bind}),
    ...(protocol === 'udp' && {protocol}),
  }
}

/** `KEY=VALUE`; a bare `KEY` takes its value from the environment of this command. */
export function variables(
  files: readonly string[],
  given: readonly string[],
  environment: Record<string, string | undefined> = process.env,
): Record<string, string> | undefined {
  if (files.length === 0 && given.length === 0) return undefined
  const lines = files.flatMap(file => readLines(file))
  const found: Record<string, string> = {}
  for (const line of [...lines, ...given]) {
    const at = line.indexOf('=')
    const key = at === -1 ? line : line.slice(0, at)
    const value = at === -1 ? environment[key] : line.slice(at + 1)
    if (key === '') throw usage(`\`${line}\` is not KEY=VALUE.`, 'give it as `--env KEY=VALUE`')
    if (/\s/.test(key))
      throw usage(
        `\`${key}\` is not the name of a variable.`,
        'write KEY=VALUE, as Docker reads it: without `export`, and quotes belong to the value',
      )
    if (value !== undefined) found[key] = value
  }
  return found
}

function readLines(file: string): string[] {
  return readFileSync(file, 'utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map(line => line.trimStart())
    .filter(line => line !== '' && !line.startsWith('#'))
}
