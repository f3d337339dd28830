// What a CA answered when it refused: its problem document, what to do about it, and when to try again.
import type {ProblemCode} from '../../core/problem.ts'
import {Problem} from '../../core/problem.ts'

export type CaDocument = Record<string, unknown>

/** A problem document of a CA (RFC 8555 §6.7), word for word. */
export class CaProblem extends Error {
  readonly document: CaDocument
  /** ms to wait before another try, when the CA said so. */
  readonly retryAfter: number | undefined
  /** Whether it came from checking a name, not from the call itself. */
  readonly validation: boolean

  constructor(document: CaDocument, more: {retryAfter?: number | undefined; validation?: boolean} = {}) {
    super(String(document['detail'] ?? document['type'] ?? 'the CA refused'))
    this.document = document
    this.retryAfter = more.retryAfter
    this.validation = more.validation ?? false
  }

  /** The last part of `urn:ietf:params:acme:error:…`. */
  get kind(): string {
    return String(this.document['type'] ?? '').replace('urn:ietf:params:acme:error:', '')
  }
}

/** What to do about an error of a CA; RFC 8555 §6.7, RFC 9773 §7.4. */
const remedies: Record<string, string> = {
  accountDoesNotExist: 'the CA does not know the account any more; the next try registers a new one',
  badCSR: 'the CA does not take the key: unset RSA_KEY_SIZE, or set 2048 or 4096',
  badNonce: 'the CA is busy; the next try usually works',
  badSignatureAlgorithm: 'the CA does not take the account key; choose another CA with --acme-directory-url',
  caa: 'a CAA record in DNS forbids this CA: add one that allows it, or choose another CA',
  connection:
    'the CA could not connect: open the port in firewall and router, and point the A and AAAA records at this machine',
  dns: 'DNS did not answer as needed: check the A, AAAA and TXT records and the name servers of the domain',
  externalAccountRequired: 'the CA wants an account of yours: set ACME_EAB_KID and ACME_EAB_HMAC_KEY',
  incorrectResponse:
    'another server answered: point the A and AAAA records at this machine, and remove what stands in between',
  invalidContact: 'give an e-mail address the CA takes',
  invalidProfile: 'the CA has no such profile: correct --profile or ACME_PROFILE',
  rateLimited: 'the CA has had too many requests: wait; use --staging to try things out',
  rejectedIdentifier: 'the CA does not certify this name: correct it, or use --issuer internal',
  serverInternal: 'the CA has a fault; the next try may work',
  tls: 'the TLS connection of the CA failed: port 443 must reach mcpx itself, not another TLS server',
  unauthorized:
    'the CA got a wrong answer: the name must point at this mcpx, and nothing may answer /.well-known/acme-challenge/ in its place',
  unsupportedContact: 'give an e-mail address the CA takes',
  unsupportedIdentifier: 'the CA does not certify names of this kind; use --issuer internal',
  userActionRequired: 'the CA wants you to agree to something: follow the link in its message',
}

const accountClosed =
  'the CA has closed the account: `mcpx cert renew NAME --force` registers a new one for the same address'

/** What to do about it; `promoted`: it was the promotion of a staging certificate. */
export function remedyFor(error: unknown, promoted = false): string {
  const remedy = plainRemedy(error)
  return promoted ? `${remedy}; the staging certificate serves on, then: \`mcpx cert promote NAME\`` : remedy
}

function plainRemedy(error: unknown): string {
  if (error instanceof Problem) return error.hint ?? ''
  if (!(error instanceof CaProblem)) return 'see the log; the next try comes by itself'
  if (error.kind === 'unauthorized' && !error.validation) return accountClosed
  return remedies[error.kind] ?? "follow the CA's message; the next try comes by itself"
}

/** Whether the account itself was refused, so that only another one helps. */
export const isAccountClosed = (error: unknown): boolean =>
  error instanceof CaProblem && error.kind === 'unauthorized' && !error.validation

/** The document shown on the record: the CA's word for word, else ours. */
export function documentOf(error: unknown): CaDocument {
  if (error instanceof CaProblem) return error.document
  if (error instanceof Problem) return {...error.document()}
  const code: ProblemCode = 'ca-unreachable'
  return {...new Problem(code, (error as Error).message).document()}
}

const minute = 60_000
const longest = 24 * 60 * minute

/** ms until the next try after `attempts` failures in a row: 1, 4, 16, 64 minutes … a day, with jitter. */
export function backoff(error: unknown, attempts: number, random = Math.random()): number {
  const waited = error instanceof CaProblem ? error.retryAfter : undefined
  const usual = Math.min(minute * 4 ** Math.max(attempts - 1, 0), longest)
  const least = error instanceof CaProblem && error.kind === 'rateLimited' ? 60 * minute : 0
  return Math.max(waited ?? least, Math.round(usual * (0.9 + 0.2 * random)))
}
