// What a request of the web UI looks like: from its own origin, with the session cookie of that origin.
import type {FastifyRequest} from 'fastify'
import {Problem} from '../../core/problem.ts'

/** Carries the proof that belongs to the session of the cookie. */
export const proofHeader = 'x-csrf-token'

const isSecure = (request: FastifyRequest): boolean => request.headers['x-mcpx-secure'] === '1'

const hostOf = (request: FastifyRequest): string =>
  String(request.headers['x-forwarded-host'] ?? request.headers.host ?? 'localhost')

/** Scheme, host and port the caller used. */
export const originOf = (request: FastifyRequest): string =>
  `${isSecure(request) ? 'https' : 'http'}://${hostOf(request)}`

/** Throws origin-forbidden for what a page of another origin sent. */
export function requireSameOrigin(request: FastifyRequest): void {
  const {origin, 'sec-fetch-site': site} = request.headers
  const own = originOf(request)
  if (origin !== undefined && origin.toLowerCase() !== own.toLowerCase())
    throw new Problem('origin-forbidden', `A page of \`${origin.slice(0, 255)}\` may not call ${own}`)
  if (site !== undefined && site !== 'same-origin')
    throw new Problem('origin-forbidden', `A page of another site may not call ${own}`)
}

/** Throws token-in-clear when a secret would travel, or has, over plain HTTP between machines. */
export function requirePrivacy(request: FastifyRequest): void {
  if (isSecure(request) || request.headers['x-mcpx-loopback'] === '1') return
  throw new Problem('token-in-clear', 'Signing in over plain HTTP would show the token to others on the way')
}

/** `mcpx` holds a session, `mcpx-sign-in` binds a login elsewhere to the browser that began it. */
type Cookie = 'mcpx' | 'mcpx-sign-in'

/** Cookies know no ports, so that on loopback, where several mcpx may run, the name says which. */
function cookieName(request: FastifyRequest, cookie: Cookie): string {
  if (isSecure(request)) return `__Host-${cookie}`
  return `${cookie}-${/:(\d+)$/.exec(hostOf(request))?.[1] ?? '80'}`
}

/** The id of the session, if the request carries one. */
export const sessionCookie = (request: FastifyRequest): string | undefined => readCookie(request, 'mcpx')

export function readCookie(request: FastifyRequest, cookie: Cookie): string | undefined {
  const prefix = `${cookieName(request, cookie)}=`
  return request.headers.cookie
    ?.split(/; */)
    .find(one => one.startsWith(prefix))
    ?.slice(prefix.length)
}

/** The value of `Set-Cookie`; `seconds` 0 removes it. */
export const setCookie = (request: FastifyRequest, cookie: Cookie, id: string, seconds: number): string =>
  `${cookieName(request, cookie)}=${id}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${isSecure(request) ? '; Secure' : ''}`
