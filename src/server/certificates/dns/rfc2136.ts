// dns-01 by dynamic updates (RFC 2136) over TCP, signed with TSIG (RFC 8945).
import {createHmac, randomInt} from 'node:crypto'
import {lookup, Resolver} from 'node:dns/promises'
import {connect, isIP} from 'node:net'
import {Problem} from '../../../core/problem.ts'
import type {DnsProvider} from './provider.ts'

export interface Rfc2136Options {
  /** host[:port] */
  server: string
  zone: string | undefined
  tsig?: {name: string; secret: string; algorithm: string}
}

const types = {SOA: 6, TXT: 16, TSIG: 250}
const classes = {IN: 1, NONE: 254, ANY: 255}
const opcodeUpdate = 5 << 11
/** Seconds the clocks of both sides may differ (RFC 8945 §10). */
const fudge = 300
const ttl = 60
const patience = 15_000

/** RFC 1035 §4.1.1, RFC 2136 §2.2. */
const replies = [
  'ok',
  'it could not read the update (FORMERR)',
  'it failed (SERVFAIL)',
  'there is no such name (NXDOMAIN)',
  'it takes no updates (NOTIMP)',
  'it refused (REFUSED)',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSET',
  'it is not authoritative, or the TSIG key is wrong (NOTAUTH)',
  'the name is not in the zone (NOTZONE)',
]

const number16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255])
const number32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

export function wireName(name: string): Buffer {
  const labels = name.toLowerCase().split('.').filter(Boolean)
  return Buffer.concat([
    ...labels.map(label => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0]),
  ])
}

interface Update {
  zone: string
  name: string
  value: string
  /** Add the record, or remove it. */
  add: boolean
}

function updateMessage(id: number, {zone, name, value, add}: Update): Buffer {
  const text = Buffer.concat([Buffer.from([value.length]), Buffer.from(value)])
  return Buffer.concat([
    ...[id, opcodeUpdate, 1, 0, 1, 0].map(number16),
    wireName(zone),
    number16(types.SOA),
    number16(classes.IN),
    wireName(name),
    number16(types.TXT),
    number16(add ? classes.IN : classes.NONE),
    number32(add ? ttl : 0),
    number16(text.length),
    text,
  ])
}

/** Append a TSIG record (RFC 8945 §4.2, §4.3). */
function sign(
  message: Buffer,
  id: number,
  {name, secret, algorithm}: NonNullable<Rfc2136Options['tsig']>,
): Buffer {
  const seconds = Math.floor(Date.now() / 1000)
  const time = Buffer.concat([
    number16(Math.floor(seconds / 2 ** 32)),
    number32(seconds % 2 ** 32),
    number16(fudge),
  ])
  const noError = Buffer.concat([number16(0), number16(0)])
  const keyName = wireName(name)
  const algorithmName = wireName(algorithm)
  const mac = createHmac(algorithm.replace('hmac-', ''), Buffer.from(secret, 'base64'))
    .update(message)
    .update(Buffer.concat([keyName, number16(classes.ANY), number32(0), algorithmName, time, noError]))
    .digest()
  const data = Buffer.concat([algorithmName, time, number16(mac.length), mac, number16(id), noError])
  const record = Buffer.concat([
    keyName,
    number16(types.TSIG),
    number16(classes.ANY),
    number32(0),
    number16(data.length),
    data,
  ])
  const signed = Buffer.concat([message, record])
  signed.writeUInt16BE(1, 10)
  return signed
}

export function rfc2136({server, zone, tsig}: Rfc2136Options): DnsProvider {
  const [, host = '', port = '53'] = /^\[?([^\]]*?)\]?(?::(\d+))?$/.exec(server) ?? []

  const failed = (name: string, reason: string, cause?: unknown): Problem =>
    new Problem('dns-provider-failed', `${server} did not update ${name}: ${reason}`, {
      hint: 'check RFC2136_SERVER, RFC2136_ZONE and the RFC2136_TSIG_* variables, and what the server allows',
      cause,
    })

  const zoneOf = async (name: string): Promise<string> => {
    if (zone !== undefined) return zone
    const resolver = new Resolver({timeout: 3000, tries: 2})
    const address = isIP(host) === 0 ? (await lookup(host)).address : host
    resolver.setServers([address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`])
    const labels = name.split('.')
    for (let at = 1; at < labels.length; at++) {
      const candidate = labels.slice(at).join('.')
      if (await resolver.resolveSoa(candidate).catch(() => undefined)) return candidate
    }
    throw failed(name, 'it has no zone for this name')
  }

  const update = async (name: string, value: string, add: boolean): Promise<void> => {
    const id = randomInt(65_536)
    const message = updateMessage(id, {zone: await zoneOf(name), name, value, add})
    const answer = await exchange(host, Number(port), tsig ? sign(message, id, tsig) : message).catch(
      (cause: Error) => {
        throw failed(name, cause.message, cause)
      },
    )
    if (answer.readUInt16BE(0) !== id) throw failed(name, 'it answered something else')
    const code = answer.readUInt16BE(2) & 15
    if (code !== 0) throw failed(name, replies[code] ?? `code ${code}`)
  }

  return {
    add: (name, value) => update(name, value, true),
    remove: (name, value) => update(name, value, false),
  }
}

/** One message each way over TCP (RFC 7766). */
function exchange(host: string, port: number, message: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({host, port, timeout: patience})
    let received: Buffer = Buffer.alloc(0)
    socket.once('connect', () => socket.write(Buffer.concat([number16(message.length), message])))
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      if (received.length < 14 || received.length < 2 + received.readUInt16BE(0)) return
      resolve(received.subarray(2))
      socket.destroy()
    })
    socket.once('timeout', () => socket.destroy(new Error(`no answer within ${patience / 1000} s`)))
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('it closed the connection')))
  })
}
