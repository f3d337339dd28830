// Names and form of the cookies mcpx sets on protected hosts.
import type {ProxyAuth} from '../../core/contract/protection.ts'

/** `__Host-` holds a cookie to its host and HTTPS; over plain HTTP on loopback it cannot be used. */
const prefixed = (name: string, issuer: string): string =>
  issuer.startsWith('https:') ? `__Host-${name}` : name

/** The cookie that keeps a browser login (mode redirect). */
export const sessionCookie = (auth: ProxyAuth, issuer: string): string => prefixed(auth.cookie_name, issuer)

/** The cookie that binds a login under way to the browser that began it. */
export const departureCookie = (issuer: string): string => prefixed('mcpx_departure', issuer)

/** A `Set-Cookie` value; without `seconds` it is removed. */
export function setCookie(name: string, value: string, issuer: string, seconds: number | undefined): string {
  const secure = issuer.startsWith('https:') ? '; Secure' : ''
  return `${name}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds ?? 0}${secure}`
}
