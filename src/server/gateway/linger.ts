// What to do with a request body that goes on after its answer: take it for a moment, so that the client reads the answer.
import type {Duplex} from 'node:stream'
import type {Exchange} from './exchange.ts'

/** A client still sending after this many ms is cut off. */
const patience = 5000

/** A connection closed with unread data is reset, and the answer may be lost with it (RFC 9112 §9.6). */
export function linger({request}: Exchange): void {
  if (request.complete || request.destroyed) return
  const timer = setTimeout(() => request.destroy(), patience).unref()
  request.once('close', () => clearTimeout(timer))
  request.removeAllListeners('data')
  request.resume()
}

/** The same for a connection whose requests cannot be read any more. */
export function lingerRaw(socket: Duplex): void {
  const timer = setTimeout(() => socket.destroy(), patience).unref()
  socket.once('close', () => clearTimeout(timer))
  socket.once('end', () => socket.destroy())
  socket.removeAllListeners('data')
  socket.on('data', () => {})
}
