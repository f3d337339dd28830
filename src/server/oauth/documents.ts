// Client metadata documents: fetched from where the client id points to, never from inside our own network.
import {tolerateDocument} from './tolerance.ts'

export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** Fetches for the authorization server; its dispatcher cuts connections to addresses that are not public. */
export function documentFetch(fetch: Fetch): Fetch {
  return async (url, init) => {
    const response = await fetch(url, {...init, redirect: 'manual'})
    if (response.status !== 200 || !/json/.test(response.headers.get('content-type') ?? '')) return response
    const text = await boundedText(response)
    return new Response(tolerated(text, url), {status: 200, headers: keep(response.headers)})
  }
}

const limit = 5 * 1024

/** Throws when there is more than a metadata document may have. */
async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > limit) throw new Error(`the document has more than ${limit} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function tolerated(text: string, url: string): string {
  const document = parse(text)
  if (document?.['client_id'] !== url) return text
  tolerateDocument(document)
  return JSON.stringify(document)
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function keep(headers: Headers): Headers {
  const kept = new Headers({'content-type': 'application/json'})
  for (const name of ['cache-control', 'expires']) {
    const value = headers.get(name)
    if (value !== null) kept.set(name, value)
  }
  return kept
}

/** A document must have a path (draft-ietf-oauth-client-id-metadata-document §3). */
export const mayFetch = (clientId: string): boolean => {
  const url = URL.parse(clientId)
  return url !== null && url.protocol === 'https:' && url.pathname !== '/' && url.username === ''
}
