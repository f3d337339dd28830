// The certificate manager against Pebble: accounts, refusals, renewal information, renewal in time.

import acme from 'acme-client'
import {expect} from 'chai'
import {type Front, startFront} from '../../support/acme-front.ts'
import type {Answer} from '../../support/api.ts'
import {startApi, type TestApi} from '../../support/api.ts'
import {type Pebble, startPebble} from '../../support/pebble.ts'
import {until} from '../../support/until.ts'

const settled = async (api: TestApi, name: string): Promise<Answer['body']> => {
  for (;;) {
    const {body} = await api.admin('GET', `/api/v1/certificates/${name}/status?wait=true`)
    if (['completed', 'failed'].includes(body.generation?.state)) return body
  }
}

describe('the certificate manager', () => {
  describe('at a CA with rate limits and renewal information', () => {
    let pebble: Pebble
    let front: Front
    let api: TestApi

    before(async () => {
      // Each order is counted: none is to be sent twice because of its nonce.
      pebble = await startPebble({env: {PEBBLE_WFE_NONCEREJECT: '0'}})
      front = await startFront(pebble)
      const environment = {
        ...pebble.environment,
        ACME_DIRECTORY_URL: front.directory,
        ACME_CA_BUNDLE: front.bundle,
        ACME_STAGING_URL: pebble.directory,
      }
      api = await startApi(environment, {port: pebble.httpPort})
    })

    after(async () => {
      await api.close()
      await front.stop()
      await pebble.stop()
    })

    it('shows a rate limit word for word and waits as long as the CA says', async () => {
      const document = {
        type: 'urn:ietf:params:acme:error:rateLimited',
        detail: 'too many certificates already issued for "example.com"; retry after 2026-12-01',
        status: 429,
      }
      front.refusal = {status: 429, headers: {'retry-after': '7200'}, document}
      await api.admin('POST', '/api/v1/certificates', {cert_name: 'limited', domain: 'limited.example.com'})
      const {generation, status} = await settled(api, 'limited')
      expect(status).to.equal('failed')
      expect(generation.problem).to.deep.equal(document)
      expect(generation.remedy).to.include('--staging')
      const wait = (Date.parse(generation.next_try_at) - Date.now()) / 1000
      expect(wait).to.be.within(7100, 7300)
      front.refusal = undefined
      await api.admin('POST', '/api/v1/certificates/limited/renew?force=true')
      expect((await settled(api, 'limited')).status).to.equal('active')
    })

    it('leaves a staging certificate as it was when the production CA refuses to promote it', async () => {
      const call = (method: string, path = ''): Promise<Answer> =>
        api.admin(method, `/api/v1/certificates/trial${path}`)
      await api.admin('POST', '/api/v1/certificates', {
        cert_name: 'trial',
        domain: 'trial.example.com',
        staging: true,
      })
      const first = await settled(api, 'trial')
      expect([first.status, first.staging]).to.deep.equal(['active', true])
      const document = {type: 'urn:ietf:params:acme:error:caa', detail: 'CAA forbids it', status: 403}
      front.refusal = {status: 403, headers: {}, document}
      const asked = await call('POST', '/convert-to-production')
      expect([asked.body.status, asked.body.staging]).to.deep.equal(['active', true])
      const {generation, ...kept} = await settled(api, 'trial')
      expect(generation.problem).to.deep.equal(document)
      expect(generation.remedy).to.match(/CAA record.*`mcpx cert promote trial`/)
      expect(generation).to.not.have.property('next_try_at')
      for (const field of ['status', 'staging', 'acme_directory_url', 'fingerprint', 'renewal'] as const)
        expect(kept[field], field).to.deep.equal(first[field])
      expect(kept).to.not.have.property('promote_to')
      // What it is, is still renewed where it came from.
      await api.test.records.certificate.update('trial', current => ({
        ...current,
        renewal: {at: new Date(0).toISOString(), source: 'lifetime'},
      }))
      await until(async () => (await call('GET')).body.fingerprint !== first.fingerprint, 'it is renewed')
      front.refusal = undefined
      const orders = front.replaced.length
      await call('POST', '/convert-to-production')
      const second = await settled(api, 'trial')
      expect([second.status, second.staging, second.acme_directory_url]).to.deep.equal([
        'active',
        false,
        front.directory,
      ])
      expect(front.replaced).to.have.length(orders)
    })

    it("renews when the CA's window says so, naming what it replaces", async () => {
      await api.admin('POST', '/api/v1/certificates', {cert_name: 'ari', domain: 'ari.example.com'})
      const first = await settled(api, 'ari')
      expect(first.renewal.source).to.equal('ari')
      expect(first.renewal.explanation_url).to.equal('https://ca.example/why')
      const at = Date.parse(first.renewal.at)
      expect(at).to.be.within(front.window.start.getTime(), front.window.end.getTime())
      front.window = {start: new Date(Date.now() - 3_600_000), end: new Date(Date.now() - 1_800_000)}
      // As if the time to ask again had come.
      await api.test.records.certificate.update('ari', current => ({
        ...current,
        renewal: {...first.renewal, check_at: new Date(0).toISOString()},
      }))
      await until(
        async () => (await api.test.records.certificate.get('ari'))?.fingerprint !== first.fingerprint,
        'the certificate is renewed',
      )
      expect(front.replaced).to.have.length(1)
      expect(front.asked).to.include(front.replaced[0])
      // The same window for the new one would have it renewed for ever: its lifetime counts then.
      const second = await settled(api, 'ari')
      expect(second.renewal.source).to.equal('lifetime')
    })

    it('asks for a profile that the CA has, and names those it has for one it has not', async () => {
      const domain = 'profile.example.com'
      await api.admin('POST', '/api/v1/certificates', {cert_name: 'profile', domain, profile: 'shortlived'})
      expect((await settled(api, 'profile')).status).to.equal('active')
      expect(front.profiles).to.deep.equal(['shortlived'])
      await api.admin('POST', '/api/v1/certificates', {cert_name: 'none', domain, profile: 'none-such'})
      const {generation} = await settled(api, 'none')
      expect(generation.problem.detail).to.equal('The CA has no profile `none-such`')
      expect(JSON.stringify(generation)).to.include('it has shortlived')
      expect(front.profiles).to.deep.equal(['shortlived'])
    })

    it('registers anew at a CA that closed the account, once it is told to', async () => {
      let account: {key: string; url?: string; directory: string} | undefined
      for await (const [, one] of api.test.records.account.all())
        if (one.directory === front.directory) account = one
      const client = new acme.Client({
        directoryUrl: account?.directory ?? '',
        accountKey: account?.key ?? '',
        accountUrl: account?.url ?? '',
      })
      await client.updateAccount({status: 'deactivated'})
      await api.admin('POST', '/api/v1/certificates', {cert_name: 'closed', domain: 'closed.example.com'})
      const {generation} = await settled(api, 'closed')
      expect(generation.state).to.equal('failed')
      expect(generation.problem.type).to.equal('urn:ietf:params:acme:error:unauthorized')
      expect(generation.remedy).to.include('mcpx cert renew closed --force')
      await api.admin('POST', '/api/v1/certificates/closed/renew?force=true')
      const {status, generation: then} = await settled(api, 'closed')
      expect(status, JSON.stringify(then)).to.equal('active')
    })
  })

  describe('at a CA with short-lived certificates and external accounts', () => {
    const hmac = Buffer.alloc(32, 7).toString('base64url')
    let pebble: Pebble
    let api: TestApi

    before(async () => {
      pebble = await startPebble({validity: 12, eab: {'kid-1': hmac}})
      const eab = {ACME_EAB_KID: 'kid-1', ACME_EAB_HMAC_KEY: hmac}
      api = await startApi({...pebble.environment, ...eab}, {port: pebble.httpPort})
    })

    after(async () => {
      await api.close()
      await pebble.stop()
    })

    it('says that the CA wants an account of ours where none is set', async () => {
      const bare = await startApi({...pebble.environment, ACME_PREFLIGHT: 'off'})
      try {
        await bare.admin('POST', '/api/v1/certificates', {cert_name: 'bare', domain: 'bare.example.com'})
        const {generation} = await settled(bare, 'bare')
        expect(generation.problem.type).to.equal('urn:ietf:params:acme:error:externalAccountRequired')
        expect(generation.remedy).to.include('ACME_EAB_KID')
      } finally {
        await bare.close()
      }
    })

    it('renews in time, by itself, with a third of the lifetime left', async () => {
      await api.admin('POST', '/api/v1/certificates', {cert_name: 'short', domain: 'short.example.com'})
      const first = await settled(api, 'short')
      expect(first.status, JSON.stringify(first.generation)).to.equal('active')
      const left = Date.parse(first.expires_at) - Date.parse(first.renewal.at)
      expect(left).to.be.within(3600, 4500)
      await until(
        async () => (await api.test.records.certificate.get('short'))?.fingerprint !== first.fingerprint,
        'the certificate is renewed',
        15_000,
        100,
      )
      const second = await api.test.records.certificate.get('short')
      expect(Date.parse(second?.issued_at ?? '')).to.be.lessThan(Date.parse(first.expires_at))
      expect(second?.status).to.equal('active')
    })
  })
})
