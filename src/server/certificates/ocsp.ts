// Asks the CA whether a certificate still holds (OCSP, RFC 6960), for the answer to be stapled to handshakes.
import {X509Certificate} from 'node:crypto'
import {splitChain} from '../../core/x509.ts'
import {sequence, tlv} from './der.ts'
import {type Asked, readAnswer} from './ocsp-answer.ts'
import {issuerHashes} from './x509-maker.ts'

export interface Staple {
  /** The response in DER, base64. */
  ocsp: string
  /** Until when it holds (RFC 3339). */
  ocsp_until: string
  /** When to ask again (RFC 3339). */
  ocsp_next: string
}

/** The CA has taken the certificate back. */
export class Revoked extends Error {}

const minute = 60_000
/** OBJECT IDENTIFIER 1.3.14.3.2.26 (SHA-1), which CertID is built with everywhere (RFC 5019 §2.1.1), and NULL. */
const sha1 = Buffer.from('300906052b0e03021a0500', 'hex')

/** Where a certificate says that its CA answers; undefined when it offers no OCSP. */
export const responderOf = (pem: string): string | undefined =>
  /OCSP - URI:(\S+)/.exec(new X509Certificate(pem).infoAccess ?? '')?.[1]

async function identify(leaf: string, issuer: string): Promise<Asked> {
  const hex = new X509Certificate(leaf).serialNumber
  const serial = Buffer.from(/^[89a-f]/i.test(hex) ? `00${hex}` : hex, 'hex')
  return {...(await issuerHashes(issuer)), serial}
}

const question = ({name, key, serial}: Asked): Buffer =>
  sequence(sequence(sequence(sequence(sequence(sha1, tlv(4, name), tlv(4, key), tlv(2, serial))))))

/**
 * Undefined when the CA offers no OCSP. Throws Revoked, or with the reason when it gives no good answer; neither good
 * nor revoked is believed unless the answer is the CA's.
 */
export async function fetchStaple(chain: string, now: number): Promise<Staple | undefined> {
  const [leaf, issuer] = splitChain(chain)
  const url = leaf === undefined ? undefined : responderOf(leaf)
  if (leaf === undefined || issuer === undefined || url === undefined) return undefined
  const asked = await identify(leaf, issuer)
  const response = await fetch(url, {
    method: 'POST',
    headers: {'content-type': 'application/ocsp-request'},
    body: new Uint8Array(question(asked)),
    signal: AbortSignal.timeout(15_000),
  })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  const bytes = Buffer.from(await response.arrayBuffer())
  const {revoked, until} = readAnswer(bytes, asked, issuer, now)
  if (revoked) throw new Revoked()
  return {
    ocsp: bytes.toString('base64'),
    ocsp_until: new Date(until).toISOString(),
    ocsp_next: new Date(now + Math.max((until - now) / 2, minute)).toISOString(),
  }
}
