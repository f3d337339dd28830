// One connection to an upstream: carries one request at a time and hands its answer to a sink.
import type {Socket} from 'node:net'
import {Problem, type ProblemCode} from '../../core/problem.ts'
import {type AnswerEvents, type AnswerHead, AnswerParser, InvalidAnswer} from './answer.ts'
import type {Upstream} from './upstream.ts'

/** Takes an answer as it arrives. */
export interface Sink extends Pick<AnswerEvents, 'informed' | 'headed' | 'ended'> {
  /** A part of the body; false asks to wait until `resume`. */
  received(chunk: Buffer): boolean
  /** Everything that arrived together has been handed over. */
  settled(): void
  switched(head: AnswerHead, socket: Socket, rest: Buffer): void
  /** The request body may go on. */
  drained(): void
  /** No answer, or no whole one; `unused` when it is certain that the upstream sent nothing on this connection for it. */
  failed(problem: Problem, unused: boolean): void
}

/** How long an idle connection is kept when the upstream does not say, in ms: below the 5 s of Node and others. */
const idleDefault = 4000
const idleMost = 60_000

export class Connection implements AnswerEvents {
  readonly socket: Socket
  readonly upstream: Upstream
  /** Answers it has carried; above 0 the upstream may be closing it at this very moment. */
  served = 0
  #sink: Sink | undefined
  readonly #parser = new AnswerParser(this)
  /** When to give up waiting for the answer, or keeping it idle, in ms of performance.now(). */
  #until = Number.POSITIVE_INFINITY
  #patience = 0
  #answered = false
  #headed = false
  #sent = false
  #keepAlive = false
  #idleFor = idleDefault
  #detached = false

  constructor(socket: Socket, upstream: Upstream) {
    this.socket = socket
    this.upstream = upstream
    socket.on('data', this.#data)
    socket.on('end', this.#end)
    socket.on('error', this.#error)
    socket.on('close', this.#close)
    socket.on('drain', this.#drain)
  }

  get usable(): boolean {
    return !this.socket.destroyed && this.socket.writable && !this.socket.readableEnded
  }

  /** Begin a request; its head and body are written with `write`. `patience`: ms until the answer must begin. */
  begin(sink: Sink, method: string, upgrade: boolean, patience: number): void {
    this.#sink = sink
    this.#answered = false
    this.#headed = false
    this.#sent = false
    this.#keepAlive = false
    this.#patience = patience
    this.#until = performance.now() + patience
    this.#parser.expect(method, upgrade)
  }

  /** False asks to wait for `drained`. */
  write(data: string | Buffer): boolean {
    if (!this.#headed) this.#until = performance.now() + this.#patience
    return typeof data === 'string' ? this.socket.write(data, 'latin1') : this.socket.write(data)
  }

  /** The request has been written whole. */
  sent(): void {
    this.#sent = true
  }

  resume(): void {
    this.socket.resume()
  }

  /** The client left, or nothing more is wanted. */
  destroy(): void {
    this.#sink = undefined
    this.socket.destroy()
  }

  /** Called twice a second. */
  tick(now: number): void {
    if (now < this.#until) return
    if (!this.#sink) {
      this.socket.destroy()
      return
    }
    const {href} = this.upstream
    this.#fail(
      this.#sent || this.socket.writableNeedDrain
        ? new Problem('upstream-timeout', `${href} did not begin to answer within ${this.#patience / 1000} s`)
        : new Problem('request-timeout', 'The body of the request did not go on arriving'),
    )
  }

  informed(head: AnswerHead): void {
    this.#until = performance.now() + this.#patience
    this.#sink?.informed(head)
  }

  headed(head: AnswerHead): void {
    this.#headed = true
    this.#until = Number.POSITIVE_INFINITY
    this.#keepAlive = head.keepAlive
    this.#idleFor =
      head.idleTimeout === undefined
        ? idleDefault
        : Math.min(Math.max(head.idleTimeout * 1000 - 1000, 0), idleMost)
    this.#sink?.headed(head)
  }

  received(chunk: Buffer): void {
    if (this.#sink && !this.#sink.received(chunk)) this.socket.pause()
  }

  ended(last: Buffer | undefined, trailers: string[] | undefined): void {
    const sink = this.#sink
    this.#sink = undefined
    this.served++
    // An answer before the request was whole leaves the connection in the middle of a message.
    if (this.#keepAlive && this.#sent && this.usable) {
      this.#until = performance.now() + this.#idleFor
      this.socket.resume()
      this.upstream.release(this)
    } else this.socket.destroySoon()
    sink?.ended(last, trailers)
  }

  switched(head: AnswerHead, rest: Buffer): void {
    const sink = this.#sink
    this.#sink = undefined
    this.#detached = true
    this.#until = Number.POSITIVE_INFINITY
    const {socket} = this
    socket.off('data', this.#data).off('end', this.#end).off('drain', this.#drain)
    socket.pause()
    sink?.switched(head, socket, rest)
  }

  readonly #data = (chunk: Buffer): void => {
    this.#answered = true
    const sink = this.#sink
    try {
      this.#parser.execute(chunk)
    } catch (error) {
      this.#fail(
        error instanceof InvalidAnswer
          ? new Problem('upstream-invalid', `${this.upstream.href}: ${error.message}`)
          : new Problem('internal', 'The answer of the upstream could not be passed on', {cause: error}),
      )
      return
    }
    sink?.settled()
  }

  readonly #end = (): void => {
    if (this.#parser.close()) this.socket.destroy()
    else this.#abort('upstream-aborted', 'closed the connection')
  }

  readonly #error = (error: Error): void => {
    if (!this.#detached) this.#abort('upstream-aborted', `broke the connection (${error.message})`)
  }

  readonly #close = (): void => {
    this.upstream.forget(this)
    if (!this.#detached) this.#abort('upstream-aborted', 'closed the connection')
  }

  readonly #drain = (): void => this.#sink?.drained()

  #abort(code: ProblemCode, what: string): void {
    const when = this.#answered ? 'in the middle of its answer' : 'before it answered'
    this.#fail(new Problem(code, `${this.upstream.href} ${what} ${when}`))
  }

  #fail(problem: Problem): void {
    const sink = this.#sink
    this.#sink = undefined
    this.socket.destroy()
    sink?.failed(problem, !this.#answered)
  }
}
