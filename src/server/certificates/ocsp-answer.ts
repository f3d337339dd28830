// Reads what an OCSP responder answers, and believes it only where RFC 6960 §3.2 and RFC 5019 §4 let a client.
import {verify, X509Certificate} from 'node:crypto'
import {type Element, elements, inside, time} from './der.ts'

/** Which certificate was asked about, as in CertID (RFC 6960 §4.1.1); hashes are SHA-1. */
export interface Asked {
  name: Buffer
  key: Buffer
  /** As it stands in an INTEGER. */
  serial: Buffer
}

export interface Verdict {
  revoked: boolean
  /** When the answer ends, in ms since 1970. */
  until: number
}

/** Clocks differ by this many ms. */
const skew = 5 * 60_000
/** id-kp-OCSPSigning (RFC 6960 §4.2.2.2). */
const ocspSigning = '1.3.6.1.5.5.7.3.9'

/** OBJECT IDENTIFIERs in hex, with the digest each signs; SHA-1 is not believed. */
const digests: Readonly<Record<string, string | null>> = {
  '2a864886f70d01010b': 'sha256',
  '2a864886f70d01010c': 'sha384',
  '2a864886f70d01010d': 'sha512',
  '2a8648ce3d040302': 'sha256',
  '2a8648ce3d040303': 'sha384',
  '2a8648ce3d040304': 'sha512',
  '2b6570': null,
}

/** `issuer` is the CA's certificate in PEM. Throws with the reason when the answer is not to be believed or tells nothing. */
export function readAnswer(response: Buffer, asked: Asked, issuer: string, now: number): Verdict {
  const [status, bytes] = inside(elements(response)[0])
  if (status?.body[0] !== 0) throw new Error(`the responder refused (${status?.body[0]})`)
  const [, basic] = inside(inside(bytes)[0])
  const [data, algorithm, signature, certificates] = inside(elements(basic?.body ?? Buffer.alloc(0))[0])
  if (!data || !algorithm || !signature) throw new Error('the answer is not a basic OCSP response')
  checkSignature({data, algorithm, signature, certificates}, new X509Certificate(issuer), now)
  // version and responder have context tags; then producedAt, then the answers.
  const answers = inside(inside(data).find(({tag}) => tag === 0x30))
  const mine = answers.map(inside).find(([id]) => isAbout(id, asked))
  if (!mine) throw new Error('the answer is about another certificate')
  const [, certStatus, thisUpdate, nextUpdate] = mine
  const until = nextUpdate?.tag === 0xa0 ? time(inside(nextUpdate)[0]) : Number.NaN
  if (!(time(thisUpdate) <= now + skew)) throw new Error('the answer is from the future')
  if (!(until > now)) throw new Error('the answer is out of date, or does not say until when it holds')
  if (certStatus?.tag !== 0x80 && certStatus?.tag !== 0xa1)
    throw new Error('the CA does not know the certificate')
  return {revoked: certStatus.tag === 0xa1, until}
}

function isAbout(id: Element | undefined, {name, key, serial}: Asked): boolean {
  const [, nameHash, keyHash, number] = inside(id)
  return [nameHash?.body.equals(name), keyHash?.body.equals(key), number?.body.equals(serial)].every(Boolean)
}

interface Signed {
  data: Element
  algorithm: Element
  signature: Element
  certificates: Element | undefined
}

/** By the CA itself, or by one it lets answer in its name (RFC 6960 §4.2.2.2). */
function checkSignature(
  {data, algorithm, signature, certificates}: Signed,
  issuer: X509Certificate,
  now: number,
): void {
  const digest = digests[inside(algorithm)[0]?.body.toString('hex') ?? '']
  if (digest === undefined) throw new Error('the answer is signed in a way that is not known')
  const delegates = inside(inside(certificates)[0])
    .map(({whole}) => new X509Certificate(whole))
    .filter(one => mayAnswer(one, issuer, now))
  // A BIT STRING begins with the number of bits that are not used.
  const bits = signature.body.subarray(1)
  const signed = [issuer, ...delegates].some(({publicKey}) => verify(digest, data.whole, publicKey, bits))
  if (!signed) throw new Error('the answer is not signed by the CA, nor by one who may answer for it')
}

const mayAnswer = (one: X509Certificate, issuer: X509Certificate, now: number): boolean =>
  (one.keyUsage?.includes(ocspSigning) ?? false) &&
  Date.parse(one.validFrom) <= now + skew &&
  Date.parse(one.validTo) > now &&
  one.checkIssued(issuer) &&
  one.verify(issuer.publicKey)
