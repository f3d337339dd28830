// What drives the contenders: wrk, h2load, and handshakes of Node's TLS client; each tells CPU microseconds and a rate.
import {execFileSync} from 'node:child_process'
import {join} from 'node:path'
import type {Contender} from './contenders.ts'
import {cpuSeconds, otherCore, type Stand} from './stand.ts'

export interface Cost {
  /** µs of CPU for one request or handshake. */
  cpu: number
  /** How many a second. */
  rate: number
}

/** One round of some seconds. Throws when answers are not good. */
export type Drive = (contender: Contender, seconds: number) => Cost

interface Parts {
  stand: Stand
  connections: number
}

const call = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: {name: 'echo', arguments: {text: 'x'.repeat(920)}},
})

/** `count` reads from the output of the command how many there were; 0 says that something went wrong. */
function measured({pid, url}: Contender, command: string[], count: (output: string) => number): Cost {
  const [before, began] = [cpuSeconds(pid), performance.now()]
  const output = execFileSync('taskset', ['-c', String(otherCore), ...command], {
    encoding: 'utf8',
    timeout: 120_000,
  })
  const [cpu, seconds] = [cpuSeconds(pid) - before, (performance.now() - began) / 1000]
  const done = count(output)
  if (done === 0) throw new Error(`no good answers from ${url}:\n${output}`)
  return {cpu: (cpu / done) * 1e6, rate: done / seconds}
}

const wrk =
  ({connections}: Parts, ...more: string[]): Drive =>
  (contender, seconds) =>
    measured(
      contender,
      [
        'wrk',
        '-t1',
        `-c${connections}`,
        `-d${seconds}s`,
        ...more,
        ...(contender.headers ?? []).flatMap(one => ['-H', one]),
        contender.url,
      ],
      output => (/Non-2xx/.test(output) ? 0 : Number(/(\d+) requests in/.exec(output)?.[1] ?? 0)),
    )

const h2load =
  ({connections}: Parts, ...more: string[]): Drive =>
  (contender, seconds) =>
    measured(
      contender,
      // By number: h2load 1.52 does not end by time when it sends bodies.
      ['h2load', `-c${connections}`, '-m10', `-n${Math.ceil(seconds * 3000)}`, ...more, contender.url],
      output => {
        const [, good, failed] = /(\d+) succeeded, (\d+) failed/.exec(output) ?? []
        return /Application protocol: h2/.test(output) && failed === '0' ? Number(good) : 0
      },
    )

const handshakes =
  (mode: 'full' | 'resumed'): Drive =>
  (contender, seconds) =>
    measured(
      contender,
      [
        process.execPath,
        join(import.meta.dirname, 'handshakes.ts'),
        contender.url,
        mode,
        String(seconds * 1000),
      ],
      Number,
    )

const postScript = ({stand}: Parts): string =>
  stand.write(
    'post.lua',
    `wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\nwrk.headers["Accept"] = "application/json, text/event-stream"\nwrk.body = '${call}'\n`,
  )

export const plainScenarios = (parts: Parts): [string, Drive][] => [
  ['GET', wrk(parts)],
  ['POST', wrk(parts, '-s', postScript(parts))],
]

export const tlsScenarios = (parts: Parts): [string, Drive][] => [
  ['HTTPS GET', wrk(parts)],
  ['HTTPS POST', wrk(parts, '-s', postScript(parts))],
  ['HTTP/2 GET', h2load(parts)],
  [
    'HTTP/2 POST',
    h2load(parts, '-d', parts.stand.write('call.json', call), '-H', 'content-type: application/json'),
  ],
  ['full handshake and a GET', handshakes('full')],
  ['resumed handshake and a GET', handshakes('resumed')],
]
