// Asks the CA whether a certificate still holds (OCSP, RFC 6960), for the answer to be stapled to handshakes.
import {X509Certificate} from 'node:crypto'
import {splitChain} from '../../core/x509.ts'
import {issuerHashes} from './x509-maker.ts'

export interface Staple {
  /** The response in DER, base64. */
  ocsp: string
  /** When to ask again (RFC 3339). */
  ocsp_next: string
}

/** The CA has taken the certificate back. */
export class Revoked extends Error {}

const hour = 3_600_000
/** OBJECT IDENTIFIER 1.3.14.3.2.26 (SHA-1), which CertID is built with everywhere (RFC 5019 §2.1.1), and NULL. */
const sha1 = Buffer.from('300906052b0e03021a0500', 'hex')

function tlv(tag: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 255]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}

const sequence = (...parts: Buffer[]): Buffer => tlv(0x30, ...parts)

interface Element {
  tag: number
  body: Buffer
}

/** The elements that stand in `bytes`, one after another. Throws a RangeError when they are cut off. */
function elements(bytes: Buffer): Element[] {
  const found: Element[] = []
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes.readUInt8(at)
    const first = bytes.readUInt8(at + 1)
    const more = first < 128 ? 0 : first & 127
    const length = more === 0 ? first : bytes.readUIntBE(at + 2, more)
    const from = at + 2 + more
    if (from + length > bytes.length) throw new RangeError('the answer is cut off')
    found.push({tag, body: bytes.subarray(from, from + length)})
    at = from + length
  }
  return found
}

const inside = (element: Element | undefined): Element[] => elements(element?.body ?? Buffer.alloc(0))

/** `YYYYMMDDHHMMSSZ` */
function time({body}: Element): number {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(body.toString('latin1')) ?? []
  return Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`)
}

/** Where a certificate says that its CA answers; undefined when it offers no OCSP. */
export const responderOf = (pem: string): string | undefined =>
  /OCSP - URI:(\S+)/.exec(new X509Certificate(pem).infoAccess ?? '')?.[1]

async function question(leaf: string, issuer: string): Promise<Buffer> {
  const {name, key} = await issuerHashes(issuer)
  const hex = new X509Certificate(leaf).serialNumber
  const serial = Buffer.from(/^[89a-f]/i.test(hex) ? `00${hex}` : hex, 'hex')
  const id = sequence(sha1, tlv(4, name), tlv(4, key), tlv(2, serial))
  return sequence(sequence(sequence(sequence(id))))
}

/** When the answer ends. Throws unless it is a whole one that says the certificate is good; Revoked if it says so. */
function validUntil(response: Buffer, now: number): number {
  const [status, bytes] = inside(elements(response)[0])
  if (status?.body[0] !== 0) throw new Error(`the responder refused (${status?.body[0]})`)
  const [, basic] = inside(inside(bytes)[0])
  const [data] = inside(elements(basic?.body ?? Buffer.alloc(0))[0])
  // version and responder have context tags; then producedAt, then the answers.
  const answers = inside(data).find(({tag}) => tag === 0x30)
  const [, certStatus, thisUpdate, nextUpdate] = inside(inside(answers)[0])
  if (certStatus?.tag === 0xa1) throw new Revoked()
  if (certStatus?.tag !== 0x80) throw new Error('the CA does not know the certificate')
  if (!thisUpdate || time(thisUpdate) > now + hour) throw new Error('the answer is from the future')
  const until = nextUpdate?.tag === 0xa0 ? inside(nextUpdate)[0] : undefined
  return until ? time(until) : now + 24 * hour
}

/** Undefined when the CA offers no OCSP. Throws Revoked, or with the reason when it gives no good answer. */
export async function fetchStaple(chain: string, now: number): Promise<Staple | undefined> {
  const [leaf, issuer] = splitChain(chain)
  const url = leaf === undefined ? undefined : responderOf(leaf)
  if (leaf === undefined || issuer === undefined || url === undefined) return undefined
  const response = await fetch(url, {
    method: 'POST',
    headers: {'content-type': 'application/ocsp-request'},
    body: new Uint8Array(await question(leaf, issuer)),
    signal: AbortSignal.timeout(15_000),
  })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  const bytes = Buffer.from(await response.arrayBuffer())
  const until = validUntil(bytes, now)
  return {
    ocsp: bytes.toString('base64'),
    ocsp_next: new Date(now + Math.max((until - now) / 2, hour / 60)).toISOString(),
  }
}
