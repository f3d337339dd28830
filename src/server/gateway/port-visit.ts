// The port token of a browser: a page that asks for it, and the cookie it becomes, so that it is entered once.
import {escape, page, pagePolicy} from '../../core/page.ts'
import type {Exchange} from './exchange.ts'

export const visitPath = '/.mcpx/visit'
const bodyMost = 8192

/** One name a port: cookies are shared by all ports of a host. */
export const cookieName = (host: number): string => `mcpx-port-${host}`

/** The value of our cookie, and the cookies that are not ours. */
export function readCookies(
  header: string | undefined,
  host: number,
): {own: string | undefined; others: string} {
  const pairs = (header ?? '').split(/;\s*/).filter(Boolean)
  const own = pairs.find(pair => pair.startsWith(`${cookieName(host)}=`))
  return {
    own: own?.slice(own.indexOf('=') + 1),
    others: pairs.filter(pair => !pair.startsWith('mcpx-port-')).join('; '),
  }
}

/** What a browser sends of a visit: the token and the path to go on to. */
export async function readVisit({request, asked}: Exchange): Promise<URLSearchParams> {
  if (request.method !== 'POST') return new URL(asked.target, 'http://localhost').searchParams
  let text = ''
  for await (const chunk of request) {
    text += (chunk as Buffer).toString('latin1')
    if (text.length > bodyMost) return new URLSearchParams()
  }
  return new URLSearchParams(text)
}

/** Only paths of the same host, or a visit could be sent anywhere. */
export const nextPath = (to: string | null): string =>
  to !== null && /^\/(?![/\\])[^\s\\]*$/.test(to) && !to.startsWith(visitPath) ? to : '/'

/** Keep the token in a cookie and go on. */
export function welcome(exchange: Exchange, host: number, token: string, expires: string, to: string): void {
  const age = Math.max(0, Math.floor((Date.parse(expires) - Date.now()) / 1000))
  const secure = exchange.origin.secure ? '; Secure' : ''
  answer(exchange, 303, '', [
    'Set-Cookie',
    `${cookieName(host)}=${token}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Lax${secure}`,
    'Location',
    to,
  ])
}

/** Ask for the token. */
export function ask(exchange: Exchange, service: string, to: string, wrong: boolean): void {
  const said = wrong
    ? '<p class="bad" role="alert">That token does not open this service. It may have expired.</p>'
    : ''
  const html = page(
    service,
    `<h1>${escape(service)}</h1>${said}<form method="post" action="${visitPath}">
<label for="token">Port token</label>
<input id="token" name="token" type="password" autocomplete="off" required autofocus>
<input type="hidden" name="to" value="${escape(to)}">
<button class="main">Continue</button></form>`,
  )
  answer(exchange, 401, html, [
    'Content-Type',
    'text/html; charset=utf-8',
    'Content-Security-Policy',
    pagePolicy,
  ])
}

function answer(exchange: Exchange, status: number, body: string, headers: string[]): void {
  exchange.status = status
  exchange.firstByte = performance.now()
  exchange.bytesOut = Buffer.byteLength(body)
  exchange.response.writeHead(status, [
    ...headers,
    'Cache-Control',
    'no-store',
    'X-Request-Id',
    exchange.id,
    'Content-Length',
    String(Buffer.byteLength(body)),
  ])
  exchange.response.end(body)
}
