// Session tickets (RFC 5077, RFC 8446 §4.6.1): made with the newest key, taken with the one before it too, renewed on use.
import {randomBytes} from 'node:crypto'
import type {Server} from 'node:tls'

/** Bytes of a key: 16 of its name, 16 for HMAC, 16 for AES (as `tls.Server.setTicketKeys` has it). */
const keyLength = 48

interface TicketKey {
  name: Buffer
  hmac: Buffer
  aes: Buffer
}

type Answer = [verdict: number, hmac: Buffer, aes: Buffer, name?: Buffer, iv?: Buffer]

/** What OpenSSL asks for when it makes a ticket, and when it is shown one. Node has it, but does not document it. */
interface TicketContext {
  onticketkeycallback: (name: Buffer, iv: Buffer, makes: boolean) => Answer
  enableTicketKeyCallback?: () => void
}

const refused = 0
const taken = 1
/** Taken, and replaced: without it a TLS 1.3 client, which uses each ticket once, resumes every other time at most. */
const renewed = 2

/**
 * `secret` has one or more keys in base64, newest first. To be called again after each `setSecureContext`. On a Node
 * that has no such callback any more, the newest key alone is used, and tickets are not renewed.
 */
export function useTicketKeys(server: Server, secret: string): void {
  const bytes = Buffer.from(secret, 'base64')
  const keys: TicketKey[] = []
  for (let at = 0; at < bytes.length; at += keyLength) {
    const name = bytes.subarray(at, at + 16)
    keys.push({name, hmac: bytes.subarray(at + 16, at + 32), aes: bytes.subarray(at + 32, at + keyLength)})
  }
  const [newest] = keys as [TicketKey]
  const context = (server as unknown as {_sharedCreds?: {context?: TicketContext}})._sharedCreds?.context
  if (typeof context?.enableTicketKeyCallback !== 'function') {
    server.setTicketKeys(bytes.subarray(0, keyLength))
    return
  }
  context.onticketkeycallback = (name, _iv, makes) => {
    if (makes) return [taken, newest.hmac, newest.aes, newest.name, randomBytes(16)]
    const known = keys.find(key => key.name.equals(name))
    return known ? [renewed, known.hmac, known.aes] : [refused, newest.hmac, newest.aes]
  }
  context.enableTicketKeyCallback()
}
