// Which certificate a server name is answered with, and that it is remembered no longer than it is right.
import {expect} from 'chai'
import type {ProxyTarget} from '../../src/core/contract/proxy.ts'
import {CertificateIndex, type ServedCertificate} from '../../src/core/routing/certificates.ts'

const soon = Date.UTC(2030, 0, 1)
const later = Date.UTC(2031, 0, 1)

const certificate = (cert_name: string, domain: string, expires: number): ServedCertificate =>
  ({
    cert_name,
    domains: [domain],
    issuer: 'acme',
    staging: false,
    status: 'active',
    owner: 'ADMIN',
    expires_at: new Date(expires).toISOString(),
    fingerprint: `sha256:${cert_name}`,
    fullchain_pem: 'pem',
    private_key_pem: 'pem',
  }) as ServedCertificate

const proxy = (attached?: string): ProxyTarget =>
  ({hostname: 'a.example.com', owner: 'ADMIN', ...(attached && {certificate: attached})}) as ProxyTarget

describe('the certificate of a server name', () => {
  let index: CertificateIndex
  const shown = (of?: ProxyTarget, now = 0): string | undefined =>
    index.find('a.example.com', of, now)?.cert_name

  beforeEach(() => {
    index = new CertificateIndex()
    index.set('wild', certificate('wild', '*.example.com', later))
    index.set('exact', certificate('exact', 'a.example.com', soon))
  })

  it('is the exact one before the wildcard, and the wildcard from the moment the exact one expires', () => {
    expect(shown()).to.equal('exact')
    expect(shown(undefined, soon - 1)).to.equal('exact')
    expect(shown(undefined, soon)).to.equal('wild')
    expect(shown(undefined, later)).to.equal(undefined)
  })

  it('changes with the proxy, at once', () => {
    expect(shown(proxy())).to.equal('exact')
    expect(shown(proxy('wild'))).to.equal('wild')
    expect(shown(proxy())).to.equal('exact')
    expect(shown({...proxy(), owner: 'other'})).to.equal('exact')
  })

  it('changes with the certificates, at once', () => {
    expect(shown()).to.equal('exact')
    index.set('exact', undefined)
    expect(shown()).to.equal('wild')
    index.set('wild', {...certificate('wild', '*.example.com', later), owner: 'somebody'})
    expect(shown()).to.equal(undefined)
    index.set('new', certificate('new', 'a.example.com', later))
    expect(shown()).to.equal('new')
    index.clear()
    expect(shown()).to.equal(undefined)
  })

  it('is found by its fingerprint as long as it is served', () => {
    expect(index.withFingerprint('sha256:exact')?.cert_name).to.equal('exact')
    index.set('exact', {...certificate('exact', 'a.example.com', later), fingerprint: 'sha256:newer'})
    expect(index.withFingerprint('sha256:exact')).to.equal(undefined)
    expect(index.withFingerprint('sha256:newer')?.expires_at).to.equal(new Date(later).toISOString())
  })

  it('stays right however many names are asked for', () => {
    for (let number = 0; number < 20_001; number++) index.find(`n${number}.example.org`, undefined, 0)
    expect(shown()).to.equal('exact')
  })
})
