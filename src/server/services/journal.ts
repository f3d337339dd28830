// What happens to each service on its way, for those who watch.
import {EventEmitter, on} from 'node:events'
import type {ProgressEvent, Service} from '../../core/contract/service.ts'

const kept = 500

export class Journal {
  readonly #events = new Map<string, ProgressEvent[]>()
  readonly #emitter = new EventEmitter().setMaxListeners(0)

  /** Forget what was before: a new way begins. */
  begin(name: string): void {
    this.#events.delete(name)
  }

  say(name: string, text: string, status: Service['status'], reason?: string): void {
    const event = {time: new Date().toISOString(), text, status, ...(reason !== undefined && {reason})}
    const events = this.#events.get(name) ?? []
    if (events.length >= kept) events.shift()
    events.push(event)
    this.#events.set(name, events)
    this.#emitter.emit(name, event)
  }

  /** What was said so far, then what is said until `signal` aborts. */
  async *follow(name: string, signal: AbortSignal): AsyncGenerator<ProgressEvent> {
    const later = on(this.#emitter, name, {signal})
    yield* this.#events.get(name)?.slice() ?? []
    try {
      for await (const [event] of later) yield event as ProgressEvent
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
}
