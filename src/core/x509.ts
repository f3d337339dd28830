// Reads certificate chains in PEM with Node's own parser.
import {createPrivateKey, type KeyObject, X509Certificate} from 'node:crypto'
import {Problem} from './problem.ts'

const block = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

/** What a certificate record says about its chain. */
export interface ChainFacts {
  domains: string[]
  issued_at: string
  expires_at: string
  /** `sha256:` and hex. */
  fingerprint: string
  serial: string
  issued_by: string
  fullchain_pem: string
}

export const splitChain = (pem: string): string[] => pem.match(block) ?? []

export const fingerprintOf = (certificate: X509Certificate): string =>
  `sha256:${certificate.fingerprint256.replaceAll(':', '').toLowerCase()}`

const commonName = (distinguished: string): string =>
  /^CN=(.*)$/m.exec(distinguished)?.[1] ?? distinguished.replaceAll('\n', ', ')

/** Names of the subjectAltName extension (`DNS:a, IP Address:1.2.3.4`). */
const namesOf = (certificate: X509Certificate): string[] =>
  (certificate.subjectAltName ?? '')
    .split(', ')
    .map(entry => /^(?:DNS|IP Address):(.+)$/.exec(entry)?.[1]?.toLowerCase())
    .filter(name => name !== undefined)

/** Throws certificate-invalid. */
export function readChain(pem: string): ChainFacts {
  const [leaf, ...rest] = splitChain(pem).map(parse)
  if (!leaf) throw new Problem('certificate-invalid', 'There is no PEM certificate in it')
  let signed = leaf
  for (const issuer of rest) {
    if (!signed.checkIssued(issuer)) {
      throw new Problem(
        'certificate-invalid',
        `\`${commonName(issuer.subject)}\` did not issue \`${commonName(signed.subject)}\`: the chain is not in order`,
      )
    }
    signed = issuer
  }
  const domains = namesOf(leaf)
  if (domains.length === 0)
    throw new Problem('certificate-invalid', 'The certificate names no domain (subjectAltName)')
  return {
    domains,
    issued_at: new Date(leaf.validFrom).toISOString(),
    expires_at: new Date(leaf.validTo).toISOString(),
    fingerprint: fingerprintOf(leaf),
    serial: leaf.serialNumber.toLowerCase(),
    issued_by: commonName(leaf.issuer),
    fullchain_pem: `${splitChain(pem).join('\n')}\n`,
  }
}

/** Throws certificate-invalid unless `key` is the private key of the first certificate of `chain`. */
export function checkKey(chain: string, key: string): void {
  const leaf = parse(splitChain(chain)[0] ?? '')
  let parsed: KeyObject
  try {
    parsed = createPrivateKey(key)
  } catch (cause) {
    throw new Problem('certificate-invalid', 'The private key is not a PEM key without pass phrase', {cause})
  }
  if (!leaf.checkPrivateKey(parsed))
    throw new Problem('certificate-invalid', 'The private key does not belong to the certificate')
}

function parse(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (cause) {
    throw new Problem('certificate-invalid', 'A certificate in it cannot be read', {cause})
  }
}
