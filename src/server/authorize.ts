// Joins the gateway and the guard: what an exchange shows of itself, and what is granted to it.
import {Problem} from '../core/problem.ts'
import type {Grant} from '../core/routing/grant.ts'
import type {Exchange} from './gateway/exchange.ts'
import type {Guard} from './oauth/guard.ts'

export function createAuthorize(guard: Guard): (exchange: Exchange) => Promise<Grant | undefined> {
  return async ({match, asked, request, fields, origin}) => {
    const {proxy, builtin} = match
    if (!proxy?.auth?.enabled || builtin) return undefined
    if (fields.authorization !== '' && !origin.secure && !origin.loopback)
      throw new Problem('token-in-clear', 'A bearer secret came over plain HTTP from another machine')
    return guard.check({
      proxy,
      method: asked.method,
      target: asked.target,
      header: name =>
        name === 'authorization' ? fields.authorization || undefined : [request.headers[name]].flat()[0],
    })
  }
}
