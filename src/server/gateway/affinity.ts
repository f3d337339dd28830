// Session affinity without a table: the Mcp-Session-Id a client sees names its upstream and its user, authenticated.
import {createHmac, timingSafeEqual} from 'node:crypto'
import {Problem} from '../../core/problem.ts'
import type {Grant} from '../../core/routing/grant.ts'
import type {Exchange} from './exchange.ts'
import type {Choice, Destination} from './resolve.ts'

/** `<id of the upstream>.<tag of its URL>.<MAC>`; all of visible ASCII, as MCP asks. */
const tagged = /^(.+)\.([\w-]{10})\.([\w-]{22})$/

/** The same for the old HTTP+SSE transport, whose session is in the URL of its endpoint event. */
const parameter = /([?&])mcpx_session=([\w-]{10})\.([\w-]{22})(&|$)/

export class Affinity {
  readonly #key: Buffer

  /** 32 bytes, the same in every worker and replica. */
  constructor(key: Buffer) {
    this.#key = key
  }

  /** A name for this installation that others cannot guess, for detecting loops. */
  get installation(): string {
    return createHmac('sha256', this.#key).update('installation').digest('hex').slice(0, 12)
  }

  tag(session: string, {upstream}: Choice, grant: Grant | undefined): string {
    return `${session}.${upstream.tag}.${this.#mac(session, upstream.tag, grant)}`
  }

  /** `url` is what the client will call. */
  tagEndpoint(url: string, {upstream}: Choice, grant: Grant | undefined): string {
    const mac = this.#mac(pathOf(url), upstream.tag, grant)
    return `${url}${url.includes('?') ? '&' : '?'}mcpx_session=${upstream.tag}.${mac}`
  }

  /**
   * Read the session id of a request: sets what the upstream gets, answers the upstream that opened the session.
   * Throws session-unknown (404, so that the client initializes again) for what is forged, another's, or gone.
   */
  open(exchange: Exchange, {choices}: Destination): Choice | undefined {
    exchange.tagged = choices.length > 1 || exchange.grant !== undefined
    const given = exchange.fields.session
    if (!exchange.tagged) return undefined
    if (given === '') return this.#openEndpoint(exchange, choices)
    const [, session = '', tag = '', mac = ''] = tagged.exec(given) ?? []
    exchange.session = session
    return this.#check(session, tag, mac, exchange, choices)
  }

  #openEndpoint(exchange: Exchange, choices: readonly Choice[]): Choice | undefined {
    const {asked} = exchange
    const found = parameter.exec(asked.target)
    if (!found) return undefined
    const [whole, before, tag = '', mac = '', behind] = found
    asked.target = asked.target.replace(whole, behind === '&' ? (before as string) : '')
    return this.#check(asked.target, tag, mac, exchange, choices)
  }

  #check(session: string, tag: string, mac: string, exchange: Exchange, choices: readonly Choice[]): Choice {
    const choice = choices.find(({upstream}) => upstream.tag === tag)
    if (!choice || !same(mac, this.#mac(session, tag, exchange.grant))) {
      throw new Problem(
        'session-unknown',
        'This Mcp-Session-Id was not issued here, to you, for an upstream that is still there',
      )
    }
    return choice
  }

  #mac(session: string, tag: string, grant: Grant | undefined): string {
    const what = JSON.stringify([session, tag, grant?.principal ?? null])
    return createHmac('sha256', this.#key).update(what).digest().subarray(0, 16).toString('base64url')
  }
}

const pathOf = (url: string): string => url.replace(/^https?:\/\/[^/?#]*/i, '')

const same = (one: string, other: string): boolean => {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
