// The gateway: the public ports and the path of every request through them, top to bottom.
import type {AddressInfo} from 'node:net'
import type {Config} from '../../core/config.ts'
import type {ExchangeRecord} from '../../core/contract/system.ts'
import type {Grant} from '../../core/routing/grant.ts'
import {match, type Places} from '../../core/routing/match.ts'
import type {Snapshot} from '../../core/routing/snapshot.ts'
import type {Batch} from '../../core/telemetry.ts'
import {admit, checkForm, checkLoop} from './admit.ts'
import {Affinity} from './affinity.ts'
import {Balancer} from './balance.ts'
import type {Exchange} from './exchange.ts'
import {forward, type Transport} from './forward.ts'
import {checkServerName, type HttpsRules, sentToHttps} from './https.ts'
import {Listener, type ListenTarget} from './listeners.ts'
import {TrustedProxies} from './peer.ts'
import {Recorder} from './recorder.ts'
import {refuse} from './refuse.ts'
import {Resolver} from './resolve.ts'
import {Upstreams} from './upstream.ts'

export interface GatewayOptions extends HttpsRules {
  snapshot: Snapshot
  places: Places
  config: Pick<
    Config,
    'TRUSTED_PROXIES' | 'PROXY_CONNECT_TIMEOUT' | 'PROXY_REQUEST_TIMEOUT' | 'SSE_KEEPALIVE'
  >
  /** Where the control process answers for the built-in parts. */
  control: {socketPath: string}
  /** Who calls, where the proxy is protected. Throws a Problem, with `WWW-Authenticate` among its headers. */
  authorize?: (exchange: Exchange) => Grant | undefined | Promise<Grant | undefined>
  /** 32 bytes, the same in every worker and replica; authenticates session tags. */
  sessionKey: Buffer
  worker: number
  /** Takes a batch about once a second and at the end. */
  deliver: (batch: Batch) => void | Promise<void>
  /** Takes every exchange at its end. */
  log?: (record: ExchangeRecord) => void
  /** Hears of errors that are mcpx's own. */
  report?: (error: unknown) => void
  /** Ms for the head of a request to arrive; default 15,000. */
  headersTimeout?: number
}

export const createGateway = (options: GatewayOptions): Gateway => new Gateway(options)

export class Gateway {
  readonly #options: GatewayOptions
  readonly #listeners: Listener[] = []
  readonly #trusted: TrustedProxies
  readonly #upstreams = new Upstreams()
  readonly #resolver: Resolver
  readonly #affinity: Affinity
  readonly #recorder: Recorder
  readonly #transport: Transport
  readonly #report: (error: unknown) => void

  constructor(options: GatewayOptions) {
    this.#options = options
    const {config, snapshot, control, worker, deliver, log} = options
    this.#report = options.report ?? (() => {})
    this.#trusted = new TrustedProxies(config.TRUSTED_PROXIES)
    this.#resolver = new Resolver(this.#upstreams, control.socketPath)
    this.#affinity = new Affinity(options.sessionKey)
    this.#recorder = new Recorder({
      worker,
      deliver,
      log,
      revision: () => snapshot.revision,
      report: this.#report,
    })
    this.#transport = {
      balancer: new Balancer(),
      affinity: this.#affinity,
      via: `mcpx-${this.#affinity.installation}`,
      connectTimeout: config.PROXY_CONNECT_TIMEOUT * 1000,
      answerTimeout: config.PROXY_REQUEST_TIMEOUT * 1000,
      keepAlive: config.SSE_KEEPALIVE * 1000,
      draining: false,
      lasting: new Set(),
      upstreamFailed: (exchange, problem) => this.#recorder.upstreamFailed(exchange, problem),
    }
  }

  /** Accept requests; `secure` says that TLS ends here. Rejects with the error of the system. */
  async listen(target: ListenTarget, {secure}: {secure: boolean}): Promise<AddressInfo> {
    const {snapshot} = this.#options
    const listener = new Listener({
      secure: secure && {snapshot: this.#options.snapshot, places: this.#options.places},
      trusted: this.#trusted,
      headersTimeout: this.#options.headersTimeout ?? 15_000,
      serve: exchange => void this.#serve(exchange, this.#byRoute),
    })
    const address = await listener.listen(target)
    this.#listeners.push(listener)
    snapshot.onChange = () => {
      for (const one of this.#listeners) one.refresh()
    }
    return address
  }

  /**
   * Accept requests that belong to no proxy: `decide` says to which URL each goes, answers it by itself (undefined),
   * or throws a Problem. Rejects with the error of the system.
   */
  async listenAside(
    target: ListenTarget,
    decide: (exchange: Exchange) => Promise<string | undefined>,
  ): Promise<Listener> {
    const aside = (exchange: Exchange): Promise<void> => this.#aside(exchange, decide)
    const listener = new Listener({
      secure: false,
      trusted: this.#trusted,
      headersTimeout: this.#options.headersTimeout ?? 15_000,
      serve: exchange => void this.#serve(exchange, aside),
    })
    await listener.listen(target)
    this.#listeners.push(listener)
    return listener
  }

  /** Cut off what a listener has, and listen there no more. */
  leave(listener: Listener): void {
    listener.destroy()
    const at = this.#listeners.indexOf(listener)
    if (at !== -1) this.#listeners.splice(at, 1)
  }

  /** Count a use of a port token. */
  tokenUsed(name: string): void {
    this.#recorder.tokenUsed(name)
  }

  /** Accept nothing more, let what is under way end, cut it off after `patience` ms. Streams that last end now. */
  async drain(patience: number): Promise<void> {
    this.#transport.draining = true
    const timer = setTimeout(() => this.#destroy(), patience)
    const drained = this.#listeners.map(listener => listener.drain())
    for (const leave of this.#transport.lasting) leave()
    await Promise.all(drained)
    clearTimeout(timer)
    await this.close()
  }

  /** Cut everything off, deliver the last batch. */
  async close(): Promise<void> {
    this.#destroy()
    this.#upstreams.close()
    await this.#recorder.close()
  }

  #destroy(): void {
    for (const listener of this.#listeners) listener.destroy()
  }

  /** From its arrival to its record in the figures, whatever `work` meets. */
  async #serve(exchange: Exchange, work: (exchange: Exchange) => Promise<void>): Promise<void> {
    this.#recorder.began()
    try {
      await work(exchange)
    } catch (error) {
      refuse(exchange, error)
      if (exchange.problem === 'internal') this.#report(error)
    } finally {
      await exchange.closed
      this.#recorder.ended(exchange)
      if (this.#transport.draining) part(exchange)
    }
  }

  readonly #byRoute = async (exchange: Exchange): Promise<void> => {
    const {snapshot, places, authorize} = this.#options
    admit(exchange, snapshot, places, this.#transport.via)
    checkServerName(exchange, snapshot)
    exchange.match = match(snapshot, exchange.asked, places)
    if (sentToHttps(exchange, this.#options)) return
    exchange.grant = await authorize?.(exchange)
    const destination = this.#resolver.resolve(snapshot, exchange.match)
    const session = this.#affinity.open(exchange, destination)
    await forward(exchange, destination, session, this.#transport)
  }

  async #aside(
    exchange: Exchange,
    decide: (exchange: Exchange) => Promise<string | undefined>,
  ): Promise<void> {
    checkForm(exchange)
    checkLoop(exchange, this.#transport.via)
    const url = await decide(exchange)
    if (url !== undefined) await forward(exchange, this.#resolver.at(url), undefined, this.#transport)
  }
}

/** Close a connection that a client would keep; its answer may have begun before we knew that it is the last. */
function part({request, peer}: Exchange): void {
  if (peer.active === 0 && request.complete) request.socket.destroySoon()
}
