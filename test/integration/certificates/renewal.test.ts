// Renewal by the calendar, with the clock of the manager moved: due, refused until the end, expired, and had again.
import {expect} from 'chai'
import {type Front, startFront} from '../../support/acme-front.ts'
import {type Answer, startApi, type TestApi} from '../../support/api.ts'
import {type Pebble, startPebble} from '../../support/pebble.ts'
import {until} from '../../support/until.ts'

const day = 86_400_000

describe('renewal', function () {
  this.timeout(60_000)
  let pebble: Pebble
  let front: Front
  let api: TestApi
  /** ms that the clock is ahead. */
  let ahead = 0

  before(async () => {
    pebble = await startPebble({validity: (90 * day) / 1000})
    front = await startFront(pebble)
    // The CA says nothing about renewal: the lifetime counts.
    front.window = {start: new Date(0), end: new Date(1)}
    const environment = {
      ...pebble.environment,
      ACME_DIRECTORY_URL: front.directory,
      ACME_CA_BUNDLE: front.bundle,
    }
    api = await startApi(environment, {port: pebble.httpPort, now: () => Date.now() + ahead})
  })

  after(async () => {
    await api.close()
    await front.stop()
    await pebble.stop()
  })

  const show = async (): Promise<Answer['body']> =>
    (await api.admin('GET', '/api/v1/certificates/dated')).body
  const becomes = (what: string, is: (record: Answer['body']) => boolean): Promise<void> =>
    until(async () => is(await show()), what, 20_000, 50)

  it('comes thirty days before the end, and not before', async () => {
    await api.admin('POST', '/api/v1/certificates', {cert_name: 'dated', domain: 'dated.example.com'})
    await becomes('it is issued', ({status}) => status === 'active')
    const first = await show()
    const lead = (Date.parse(first.expires_at) - Date.parse(first.renewal.at)) / day
    expect(lead).to.be.within(29.9, 33.1)
    const refused = await api.admin('POST', '/api/v1/certificates/dated/renew')
    expect(refused.body.code).to.equal('not-due')
    ahead = Date.parse(first.renewal.at) - Date.now() + 60_000
    await becomes('it is renewed', ({fingerprint}) => fingerprint !== first.fingerprint)
    ahead = 0
    await becomes('it rests', ({generation}) => generation.state === 'completed')
  })

  it('is tried again while the CA refuses, shown as failing, and the old one serves until its end', async () => {
    const first = await show()
    const document = {
      type: 'urn:ietf:params:acme:error:serverInternal',
      detail: 'come back later',
      status: 503,
    }
    front.refusal = {status: 503, headers: {}, document}
    ahead = Date.parse(first.renewal.at) - Date.now() + 60_000
    await becomes('it fails', ({generation}) => generation.state === 'failed')
    const failing = await show()
    expect([failing.status, failing.fingerprint]).to.deep.equal(['active', first.fingerprint])
    expect(failing.generation.problem.detail).to.equal('come back later')
    const {body} = await api.nobody('GET', '/health')
    expect(body.checks.certificates.ok).to.equal(false)
    ahead = Date.parse(failing.generation.next_try_at) - Date.now() + 1000
    await becomes('it is tried again', ({generation}) => generation.attempts > failing.generation.attempts)
    ahead = Date.parse(first.expires_at) - Date.now() + 1000
    await becomes('it has expired', ({status}) => status === 'expired')
    front.refusal = undefined
    ahead = 0
    await api.admin('POST', '/api/v1/certificates/dated/renew?force=true')
    await becomes('there is a new one', ({status}) => status === 'active')
    expect((await show()).fingerprint).to.not.equal(first.fingerprint)
  })
})
