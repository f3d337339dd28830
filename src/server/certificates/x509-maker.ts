// Makes certificates with keys of our own: the CA of this mcpx, what it signs, and self-signed ones.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  webcrypto,
} from 'node:crypto'
import {isIP} from 'node:net'
import * as x509 from '@peculiar/x509'

export interface CertificateAndKey {
  certificate_pem: string
  /** PKCS #8 in PEM. */
  key_pem: string
}

const day = 86_400_000
/** Clocks differ: what is new is valid since a while. */
const backdated = 3_600_000

/** A new private key in PKCS #8 PEM: ECDSA P-256, or RSA of `rsaBits`. */
export function makeKey(rsaBits?: number): string {
  const {privateKey} = rsaBits
    ? generateKeyPairSync('rsa', {modulusLength: rsaBits})
    : generateKeyPairSync('ec', {namedCurve: 'P-256'})
  return pem(privateKey)
}

const pem = (key: KeyObject): string => key.export({type: 'pkcs8', format: 'pem'}).toString()

const text = (certificate: x509.X509Certificate): string => `${certificate.toString('pem')}\n`

const signing = {name: 'ECDSA', hash: 'SHA-256'} as const

async function signingKey(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const der = key.export({type: 'pkcs8', format: 'der'})
  return webcrypto.subtle.importKey('pkcs8', der, {name: 'ECDSA', namedCurve: 'P-256'}, false, ['sign'])
}

interface Wish {
  subject: string
  issuer: string
  days: number
  /** Key of the certificate in PEM. */
  key: string
  /** ECDSA P-256 key that signs, in PEM. */
  signer: string
  extensions: x509.Extension[]
}

async function make({subject, issuer, days, key, signer, extensions}: Wish): Promise<x509.X509Certificate> {
  const spki = createPublicKey(key).export({type: 'spki', format: 'der'})
  const publicKey = new x509.PublicKey(new Uint8Array(spki))
  return x509.X509CertificateGenerator.create(
    {
      // RFC 5280 §4.1.2.2: positive, at most 20 octets.
      serialNumber: `01${randomBytes(15).toString('hex')}`,
      subject,
      issuer,
      notBefore: new Date(Date.now() - backdated),
      notAfter: new Date(Date.now() + days * day),
      signingAlgorithm: signing,
      publicKey,
      signingKey: (await signingKey(createPrivateKey(signer))) as CryptoKey,
      extensions: [...extensions, await x509.SubjectKeyIdentifierExtension.create(publicKey)],
    },
    webcrypto as Crypto,
  )
}

const alternativeNames = (domains: readonly string[]): x509.Extension =>
  new x509.SubjectAlternativeNameExtension(
    domains.map(value => ({type: isIP(value) ? ('ip' as const) : ('dns' as const), value})),
  )

const leafExtensions = (domains: readonly string[]): x509.Extension[] => [
  new x509.BasicConstraintsExtension(false, undefined, true),
  new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
  new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
  alternativeNames(domains),
]

const commonName = (text: string): string => `CN=${text.replace(/[,+"\\<>;=#]/g, ' ').trim() || 'mcpx'}`

/** A root for ten years that may sign leaves alone. */
export async function makeCa(name: string): Promise<CertificateAndKey> {
  const key = makeKey()
  const subject = commonName(name)
  const certificate = await make({
    subject,
    issuer: subject,
    days: 3650,
    key,
    signer: key,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  })
  return {certificate_pem: text(certificate), key_pem: key}
}

/** A leaf for `domains`, signed by `ca`; `key` is its own private key, `crl` the URL of the list of revoked ones. */
export async function signLeaf(
  ca: CertificateAndKey,
  domains: readonly string[],
  key: string,
  days: number,
  crl?: string,
): Promise<string> {
  const root = new x509.X509Certificate(ca.certificate_pem)
  const certificate = await make({
    subject: commonName((domains[0] ?? '').slice(0, 64)),
    issuer: root.subject,
    days,
    key,
    signer: ca.key_pem,
    extensions: [
      ...leafExtensions(domains),
      await x509.AuthorityKeyIdentifierExtension.create(root.publicKey, false, webcrypto as Crypto),
      ...(crl === undefined ? [] : [new x509.CRLDistributionPointsExtension([crl])]),
    ],
  })
  return text(certificate)
}

/** An empty list of revoked certificates in DER (RFC 5280 §5), for `days`; newer ones have higher numbers. */
export async function signCrl(ca: CertificateAndKey, days: number): Promise<Buffer> {
  const root = new x509.X509Certificate(ca.certificate_pem)
  const now = Date.now()
  let digits = Buffer.alloc(8)
  digits.writeBigInt64BE(BigInt(now))
  // DER has no octets before the first that counts, and keeps the sign clear.
  while (digits[0] === 0 && (digits[1] ?? 0) < 0x80) digits = digits.subarray(1)
  const crlNumber = Uint8Array.from([0x02, digits.length, ...digits])
  const list = await x509.X509CrlGenerator.create(
    {
      issuer: root.subject,
      thisUpdate: new Date(now - backdated),
      nextUpdate: new Date(now + days * day),
      signingAlgorithm: signing,
      signingKey: (await signingKey(createPrivateKey(ca.key_pem))) as CryptoKey,
      extensions: [
        await x509.AuthorityKeyIdentifierExtension.create(root.publicKey, false, webcrypto as Crypto),
        new x509.Extension('2.5.29.20', false, crlNumber),
      ],
    },
    webcrypto as Crypto,
  )
  return Buffer.from(list.rawData)
}

/** For names that have no certificate yet. */
export async function makeSelfSigned(name: string, days: number): Promise<CertificateAndKey> {
  const key = makeKey()
  const subject = commonName(name)
  const domains = /^[a-z0-9.*_-]+$/i.test(name) ? [name] : ['mcpx.invalid']
  const certificate = await make({
    subject,
    issuer: subject,
    days,
    key,
    signer: key,
    extensions: leafExtensions(domains),
  })
  return {certificate_pem: text(certificate), key_pem: key}
}

/** Identifies a certificate to the CA (RFC 9773 §4.1): its authority key identifier and serial number. */
export function renewalId(pem: string): string | undefined {
  const certificate = new x509.X509Certificate(pem)
  const authority = certificate.getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId
  if (authority === undefined) return undefined
  const serial = certificate.serialNumber
  const even = serial.length % 2 === 0 ? serial : `0${serial}`
  // The DER of a positive integer begins with a zero octet where its first bit is set.
  const der = /^[89a-f]/i.test(even) ? `00${even}` : even
  const part = (hex: string): string => Buffer.from(hex, 'hex').toString('base64url')
  return `${part(authority)}.${part(der)}`
}

/** SHA-1 of the name and of the key of an issuer, as OCSP names it (RFC 6960 §4.1.1). */
export async function issuerHashes(pem: string): Promise<{name: Buffer; key: Buffer}> {
  const issuer = new x509.X509Certificate(pem)
  const name = createHash('sha1').update(new Uint8Array(issuer.subjectName.toArrayBuffer())).digest()
  return {name, key: Buffer.from(await issuer.publicKey.getKeyIdentifier(webcrypto as Crypto))}
}
