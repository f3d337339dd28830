// One bounded request of a look at an MCP server: no redirects, no endless answers, and only where its owner may reach.
import {type IncomingHttpHeaders, request as plain} from 'node:http'
import {request as secure} from 'node:https'
import {isIP} from 'node:net'
import {isPublicAddress, localLookup, NotPublic, publicLookup} from '../../core/address.ts'

export interface Look {
  method?: 'GET' | 'POST' | 'DELETE'
  headers?: Record<string, string>
  body?: string
}

export interface Seen {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

/** Who looks: anybody but an admin reaches the public internet alone, and `own` origins, which lead to mcpx itself. */
export interface Looker {
  limited: boolean
  own?: readonly string[]
  /** Aborts when nobody waits for it any more. */
  signal?: AbortSignal
}

/** Milliseconds of a whole look. */
const timeout = 10_000
const limit = 1024 * 1024

/** Rejects for what cannot be reached or may not be, and for answers above 1 MiB. An event stream ends with the first answer in it. */
export function look(url: string, {method = 'GET', headers = {}, body}: Look, looker: Looker): Promise<Seen> {
  const to = new URL(url)
  const host = to.hostname.replace(/^\[|\]$/g, '')
  const limited = looker.limited && !looker.own?.includes(to.origin)
  if (limited && isIP(host) !== 0 && !isPublicAddress(host)) return Promise.reject(new NotPublic(host))
  const {promise, resolve, reject} = Promise.withResolvers<Seen>()
  const send = to.protocol === 'https:' ? secure : plain
  const late = AbortSignal.timeout(timeout)
  const signal = looker.signal ? AbortSignal.any([late, looker.signal]) : late
  const length = body !== undefined && {'content-length': String(Buffer.byteLength(body))}
  const sent = send(
    to,
    {
      method,
      headers: {...headers, ...length},
      signal,
      agent: false,
      lookup: limited ? publicLookup : localLookup,
    },
    response => {
      const streams = /event-stream/.test(response.headers['content-type'] ?? '')
      let text = ''
      const done = (): void => {
        resolve({status: response.statusCode ?? 0, headers: response.headers, text})
        sent.destroy()
      }
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        if (text.length > limit) sent.destroy(new Error(`${url} answers more than ${limit} bytes`))
        else if (streams && /^data:.*"(?:result|error)".*\r?\n\r?\n/m.test(text)) done()
      })
      response.once('end', done)
      response.once('error', reject)
    },
  )
  sent.once('error', error => reject(late.aborted ? new Error(`${url} does not answer`) : error))
  sent.end(body)
  return promise
}
