// The upstreams that can serve a matched request, and the path it has there.
import {adminName} from '../../core/contract/token.ts'
import {Problem} from '../../core/problem.ts'
import {basePathOf, strippedBy, type Targets, targetsOf} from '../../core/routing/destination.ts'
import type {Match} from '../../core/routing/match.ts'
import type {Snapshot} from '../../core/routing/snapshot.ts'
import type {Upstream, UpstreamAddress, Upstreams} from './upstream.ts'

/** One URL that can serve a request. */
export interface Choice {
  upstream: Upstream
  /** Path that goes before that of the request, without a slash at its end; empty for none. */
  basePath: string
  /** What `Host` says when the client's is not kept. */
  authority: string
}

export interface Destination {
  choices: readonly Choice[]
  /** Prefix taken off the path of the request; empty for none. */
  strip: string
}

export class Resolver {
  readonly #upstreams: Upstreams
  readonly #control: Choice[]
  readonly #choices = new WeakMap<Targets['record'], Choice[]>()

  constructor(upstreams: Upstreams, controlSocket: string) {
    this.#upstreams = upstreams
    const address = {
      href: 'control',
      secure: false,
      host: '',
      port: 0,
      socketPath: controlSocket,
      reach: 'anywhere',
    } as const
    this.#control = [{upstream: upstreams.at(address), basePath: '', authority: 'control'}]
  }

  /** Throws upstream-unknown, service-down. */
  resolve(snapshot: Snapshot, match: Match): Destination {
    if (match.builtin) return {choices: this.#control, strip: ''}
    const {record, urls} = targetsOf(snapshot, match)
    return {choices: this.#once(record, urls), strip: match.route ? strippedBy(match.route) : ''}
  }

  /** An URL by itself. */
  at(url: string): Destination {
    return {choices: [this.#choice(url, 'anywhere')], strip: ''}
  }

  #once(record: Targets['record'], urls: readonly string[]): Choice[] {
    const known = this.#choices.get(record)
    if (known) return known
    // Ownership was checked when the record was written; where its names lead is checked each time they are dialled.
    const reach = record.owner === adminName || isOfService(record) ? 'anywhere' : 'public'
    const made = urls.map(url => this.#choice(url, reach))
    this.#choices.set(record, made)
    return made
  }

  #choice(text: string, reach: UpstreamAddress['reach']): Choice {
    if (!URL.canParse(text)) throw new Problem('upstream-unknown', `\`${text}\` is not a URL`)
    const url = new URL(text)
    const secure = url.protocol === 'https:'
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const port = Number(url.port || (secure ? 443 : 80))
    return {
      upstream: this.#upstreams.at({href: url.origin, secure, host, port, reach}),
      basePath: basePathOf(url),
      authority: url.host,
    }
  }
}

/** mcpx itself wrote where a service answers. */
const isOfService = (record: Targets['record']): boolean => 'service_name' in record

/** The path the client knows for `path` of the upstream; undefined when it lies outside of what is published. */
export function publicPath(path: string, {strip}: Destination, {basePath}: Choice): string | undefined {
  if (!path.startsWith(basePath) || !/^(?:[/?#]|$)/.test(path.slice(basePath.length))) return undefined
  return strip + path.slice(basePath.length) || '/'
}
