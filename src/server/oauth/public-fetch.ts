// Fetches from the public internet only: the address is judged before it is dialled, and it is the one that is dialled.
import {request} from 'node:https'
import {isPublicAddress, publicLookup} from '../../core/address.ts'

const limit = 64 * 1024

/** HTTPS without redirects. Rejects for addresses that are not public, and for answers above 64 KiB. */
export function publicFetch(text: string, init: RequestInit): Promise<Response> {
  const url = new URL(text)
  const literal = url.hostname.replace(/^\[|\]$/g, '')
  if (url.protocol !== 'https:') return Promise.reject(new Error(`${url.origin} is not HTTPS`))
  if (/^[\d.]+$|:/.test(literal) && !isPublicAddress(literal))
    return Promise.reject(new Error(`${literal} is not a public address`))
  const {signal, method = 'GET', headers, body} = init
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method,
        lookup: publicLookup,
        headers: Object.fromEntries(new Headers(headers)),
        ...(signal && {signal}),
      },
      response => {
        const chunks: Buffer[] = []
        let size = 0
        response.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size > limit) response.destroy(new Error(`the answer has more than ${limit} bytes`))
          chunks.push(chunk)
        })
        response.once('error', reject)
        response.once('end', () => {
          const status = response.statusCode ?? 502
          const answer = [101, 204, 205, 304].includes(status) ? null : Buffer.concat(chunks)
          const fields = Object.entries(response.headers).flatMap(([name, value]) =>
            value === undefined ? [] : [[name, [value].flat().join(', ')] as [string, string]],
          )
          resolve(new Response(answer, {status, headers: fields}))
        })
      },
    )
    sent.once('error', reject)
    sent.end(body)
  })
}
