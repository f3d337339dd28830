// Credentials as a request shows them: proxy key, access token, the cookie of a browser login, or none that can be read.
import {decodeJwt} from 'jose'
import type {ProxyAuth} from '../../core/contract/protection.ts'
import {sessionCookie} from './cookies.ts'
import type {Ask} from './guard.ts'

export interface Presented {
  /** A proxy key. */
  key?: string
  /** An access token. */
  token?: string
  /** Whether the token is that of a browser login. */
  cookie?: boolean
  /** Why it cannot be read (RFC 6750 §3.1, invalid_request). */
  malformed?: string
  /** Whether no secret of ours is in Authorization. */
  foreign: boolean
}

/** Credentials, from header fields only: never from the query (RFC 6750 §5.3). */
export function presentedBy(ask: Ask, auth: ProxyAuth, issuer: string): Presented {
  const apiKey = ask.header('x-api-key')
  const authorization = ask.header('authorization')
  const foreign = !(authorization ?? '').split(/[\s,]+/).some(one => isOurs(one, issuer))
  if (apiKey?.startsWith('mpk_')) return {key: apiKey, foreign}
  if (authorization !== undefined) {
    if (!/(?:^|,)\s*bearer(?:[\s,]|$)/i.test(authorization)) return {foreign}
    const value = bearer.exec(authorization)?.[1]
    if (value === undefined) return {malformed: 'Authorization is not one `Bearer` and one token', foreign}
    if (hasTokenInQuery(ask.target, issuer))
      return {malformed: 'an access token came in Authorization and in the query', foreign}
    return value.startsWith('mpk_') ? {key: value, foreign} : {token: value, foreign}
  }
  if (auth.mode === 'forward' || isForged(ask)) return {foreign}
  const token = cookieOf(ask.header('cookie'), sessionCookie(auth, issuer))
  return {...(token !== undefined && {token, cookie: true}), foreign}
}

/** RFC 6750 §2.1: one field, one token. */
const bearer = /^\s*bearer +([\w.~+/-]+=*)\s*$/i

/** What an upstream calls `access_token` is its own business, unless it is one of ours. */
function hasTokenInQuery(target: string, issuer: string): boolean {
  if (!target.includes('access_token=')) return false
  const tokens = new URLSearchParams(target.slice(target.indexOf('?') + 1)).getAll('access_token')
  return tokens.some(one => isOurs(one, issuer))
}

/**
 * Whether a page of another origin may have sent it along with the cookie of a person who does not know: `SameSite` lets
 * pages of sibling hosts. What changes nothing is not forged: its answer stays unread.
 */
function isForged({proxy, method, header}: Ask): boolean {
  const origin = header('origin')?.toLowerCase()
  const own = header('host')?.toLowerCase()
  if (origin === undefined || origin === `https://${own}` || origin === `http://${own}`) return false
  if (proxy.allowed_origins?.some(allowed => allowed === '*' || allowed.toLowerCase() === origin))
    return false
  const changes = method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS'
  return changes || header('upgrade') !== undefined
}

/** Whether it is a proxy key or a token of this issuer, good or not. */
function isOurs(token: string, issuer: string): boolean {
  if (token.startsWith('mpk_')) return true
  if (!token.startsWith('ey')) return false
  try {
    return decodeJwt(token).iss === issuer
  } catch {
    return false
  }
}

const cookieOf = (header: string | undefined, name: string): string | undefined =>
  header
    ?.split(';')
    .map(one => one.trim())
    .find(one => one.startsWith(`${name}=`))
    ?.slice(name.length + 1)
