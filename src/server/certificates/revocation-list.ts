// Looks into the list of what a CA has revoked (CRL, RFC 5280 §5); most CAs offer that in place of OCSP.
import {webcrypto} from 'node:crypto'
import * as x509 from '@peculiar/x509'

/** A list above this many bytes is not worth reading. */
const largest = 4 * 1024 * 1024

/** Where a certificate says that its CA keeps the list; undefined when nowhere by HTTP. */
export function listOf(pem: string): string | undefined {
  const points = new x509.X509Certificate(pem).getExtension(x509.CRLDistributionPointsExtension)
  return points?.distributionPoints
    .flatMap(({distributionPoint}) => distributionPoint?.fullName ?? [])
    .map(name => name.uniformResourceIdentifier)
    .find(url => url?.startsWith('http'))
}

/** Whether the CA lists it as revoked. Throws with the reason when there is no list that `issuer` signed and that holds. */
export async function isListed(url: string, leaf: string, issuer: string, now: number): Promise<boolean> {
  const response = await fetch(url, {signal: AbortSignal.timeout(15_000)})
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  if (Number(response.headers.get('content-length') ?? 0) > largest)
    throw new Error(`${url} is larger than ${largest} bytes`)
  const list = new x509.X509Crl(new Uint8Array(await response.arrayBuffer()))
  const publicKey = new x509.X509Certificate(issuer).publicKey
  if (!(await list.verify({publicKey}, webcrypto as Crypto)))
    throw new Error(`${url} is not signed by the CA`)
  if ((list.nextUpdate?.getTime() ?? now) < now) throw new Error(`${url} is out of date`)
  return list.findRevoked(new x509.X509Certificate(leaf)) !== null
}
