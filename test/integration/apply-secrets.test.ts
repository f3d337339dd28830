// Documents of what has a secret that mcpx made: told with its hash when asked, changed without it, never made without it.
import {expect} from 'chai'
import type {Service} from '../../src/core/contract/service.ts'
import type {StoredCertificate} from '../../src/core/store/records.ts'
import {makeCa, makeKey, signLeaf} from '../../src/server/certificates/x509-maker.ts'
import {startApi, type TestApi} from '../support/api.ts'

interface Told {
  [noun: string]: {[field: string]: unknown}[]
}
interface Noted {
  noun: string
  key: string
  action?: string
  remedy: string
}

describe('documents of secrets', () => {
  let api: TestApi
  let secrets: Record<string, string>
  const apply = async (documents: object, more = {}) =>
    (await api.admin('POST', '/api/v1/apply', {documents, ...more})).body
  const exported = async (query = ''): Promise<Told> =>
    (await api.admin('GET', `/api/v1/export${query}`)).body
  const made = async (path: string, body: object): Promise<Record<string, never>> => {
    const answer = await api.admin('POST', `/api/v1${path}`, body)
    expect(answer.status, JSON.stringify(answer.body)).to.equal(201)
    return answer.body
  }
  const named = (list: Noted[]): string[] => list.map(({noun, key}) => `${noun} ${key}`)
  const five = [
    'token ci',
    'port.token partner',
    'proxy.key a.example/nightly',
    'oauth.client ID',
    'cert bought',
  ]
  const all = (id: string): string[] => five.map(one => one.replace('ID', id))

  /** Something of each, and a public client, which has no secret. */
  beforeEach(async () => {
    api = await startApi()
    const now = new Date().toISOString()
    await api.test.records.service.create('shop', {
      service_name: 'shop',
      image: 'shop:1',
      owner: 'ADMIN',
      created_at: now,
      updated_at: now,
      port_configs: [],
    } as unknown as Service)
    const token = await made('/tokens', {name: 'ci', cert_email: 'ci@a.example'})
    await made('/proxy/targets', {
      hostname: 'a.example',
      target_url: 'http://127.0.0.1:1',
      enable_https: false,
    })
    const key = await made('/proxy/targets/a.example/keys', {name: 'nightly', description: 'a job'})
    const port = await made('/ports/tokens', {token_name: 'partner', allowed_services: ['shop']})
    const client = await made('/oauth/clients', {
      client_name: 'Dashboard',
      redirect_uris: ['https://dash.example/callback'],
    })
    await made('/oauth/clients', {
      client_name: 'Agent',
      redirect_uris: ['http://127.0.0.1/callback'],
      token_endpoint_auth_method: 'none',
    })
    const [private_key_pem, ca] = [makeKey(), await makeCa('Test CA')]
    const fullchain_pem = await signLeaf(ca, ['bought.example'], private_key_pem, 1)
    await made('/certificates/import', {cert_name: 'bought', fullchain_pem, private_key_pem})
    secrets = {
      token: token['token'] ?? '',
      key: key['key'] ?? '',
      port: port['token'] ?? '',
      client: client['client_id'] ?? '',
      client_secret: client['client_secret'] ?? '',
      private_key_pem,
    }
  })
  afterEach(() => api.close())

  const emptied = async (): Promise<void> => {
    const nothing = {token: [], 'port.token': [], 'proxy.key': [], 'oauth.client': [], cert: [], proxy: []}
    const plan = await apply(nothing, {prune: true})
    expect(plan.errors).to.equal(undefined)
    expect(Object.keys(await exported())).to.deep.equal(['service'])
  }

  it('are told with everything but secrets, unless those are asked for', async () => {
    const told = await exported()
    expect(told).to.include.keys('token', 'port.token', 'proxy.key', 'oauth.client', 'cert')
    expect(told['token']).to.deep.equal([{name: 'ci', cert_email: 'ci@a.example'}])
    expect(told['oauth.client']).to.deep.include({
      client_id: secrets['client'],
      client_name: 'Dashboard',
      redirect_uris: ['https://dash.example/callback'],
    })
    const text = JSON.stringify([told, await exported('?secrets=true')])
    for (const name of ['token', 'key', 'port']) expect(text, name).to.not.contain(secrets[name] ?? 'missing')
    expect(JSON.stringify(told)).to.not.match(/secret|PRIVATE KEY/)
    for (const one of [told, await exported('?secrets=true')]) {
      delete one['service']
      expect(await apply(one)).to.deep.equal({changes: [], skipped: [], unchanged: 7, applied: true})
    }
  })

  it('make again what works with the secrets that people have', async () => {
    const told = await exported('?secrets=true')
    delete told['service']
    await emptied()
    const plan = await apply(told)
    expect(plan.skipped).to.deep.equal([])
    expect(named(plan.changes)).to.include.members(all(secrets['client'] ?? ''))
    expect(JSON.stringify(plan)).to.not.contain('PRIVATE KEY').and.not.contain(secrets['client_secret'])
    const authorization = `Bearer ${secrets['token']}`
    expect((await api.nobody('GET', '/api/v1/tokens/info', undefined, {authorization})).body).to.include({
      name: 'ci',
      cert_email: 'ci@a.example',
    })
    const opened = await api.admin('POST', '/api/v1/ports/tokens/validate', {
      token: secrets['port'],
      service: 'shop',
    })
    expect(opened.body).to.include({valid: true, token_name: 'partner'})
    expect(await exported('?secrets=true')).to.deep.include(told)
    const {body} = await api.admin('POST', '/api/v1/certificates/bought/export')
    expect(body.private_key_pem).to.equal(secrets['private_key_pem'])
  })

  it('leave out what they have no secret for, and say so', async () => {
    const told = await exported()
    delete told['service']
    await emptied()
    for (const dry_run of [true, false]) {
      const plan = await apply(told, {dry_run})
      expect(named(plan.skipped)).to.have.members(all(secrets['client'] ?? ''))
      expect(plan.skipped.find(({noun}: Noted) => noun === 'token').remedy).to.contain('mcpx token create ci')
      expect(plan.changes.map(({noun}: Noted) => noun)).to.have.members(['proxy', 'oauth.client'])
      expect(Object.keys(await exported())).to.have.members(
        dry_run ? ['service'] : ['service', 'proxy', 'oauth.client'],
      )
    }
  })

  it('change what may be changed, and nothing else', async () => {
    const changed = {token: [{name: 'ci', cert_email: 'new@a.example'}]}
    expect((await apply(changed)).changes).to.have.length(1)
    const refused = [
      {token: [{name: 'ci', secret_hash: 'x'.repeat(43)}]},
      {token: [{name: 'other', secret_hash: 'short'}]},
      {token: [{name: 'ADMIN', secret_hash: 'x'.repeat(43)}]},
      {'proxy.key': [{hostname: 'a.example', name: 'nightly', description: 'another'}]},
      {'proxy.key': [{hostname: 'none.example', name: 'new', secret_hash: 'x'.repeat(43)}]},
      {
        'port.token': [
          {
            token_name: 'new',
            allowed_services: ['none'],
            expires_at: '2040-01-01T00:00:00Z',
            secret_hash: 'x'.repeat(43),
          },
        ],
      },
      {
        'oauth.client': [
          {
            client_id: 'chosen-id',
            client_name: 'x',
            redirect_uris: ['ftp://x'],
            client_secret: 's'.repeat(32),
          },
        ],
      },
      {
        'oauth.client': [
          {
            client_id: 'chosen-id',
            client_name: 'x',
            redirect_uris: ['https://x.example'],
            client_secret: 'weak',
          },
        ],
      },
    ]
    const before = await exported('?secrets=true')
    for (const documents of refused) {
      const answer = await apply(documents)
      expect(answer.code, JSON.stringify(documents)).to.equal('documents-invalid')
    }
    expect(await exported('?secrets=true')).to.deep.equal(before)
    const [{secret_hash}] = before['token'] as [{secret_hash: string}]
    expect(await apply({token: [{name: 'twin', secret_hash}]})).to.include({code: 'already-exists'})
  })

  it('say what is set with the admin token, which is never deleted', async () => {
    await api.admin('PUT', '/api/v1/tokens/email', {cert_email: 'ops@a.example'})
    const told = await exported('?secrets=true')
    expect(told['token']).to.deep.include({name: 'ADMIN', cert_email: 'ops@a.example'})
    await apply({token: []}, {prune: true})
    expect((await exported())['token']).to.deep.equal([{name: 'ADMIN', cert_email: 'ops@a.example'}])
  })

  it('are of the owner: others see their own, and declare no tokens and clients', async () => {
    const team = await api.as('team')
    await api.test.records.service.create('own', {
      ...(await api.test.records.service.get('shop')),
      service_name: 'own',
      owner: 'team',
    } as Service)
    await team('POST', '/api/v1/ports/tokens', {token_name: 'friend', allowed_services: ['own']})
    const bought = await api.test.records.certificate.get('bought')
    await api.test.records.certificate.create('theirs', {
      ...(bought as StoredCertificate),
      cert_name: 'theirs',
      owner: 'team',
    })
    const {body: told} = await team('GET', '/api/v1/export?secrets=true')
    expect(Object.keys(told)).to.have.members(['service', 'port.token', 'cert'])
    expect(told.cert[0]).to.have.all.keys('cert_name', 'issuer', 'fullchain_pem')
    const named = (await exported('?secrets=true'))['port.token']?.find(one => one['token_name'] === 'friend')
    expect(named).to.deep.equal({...told['port.token'][0], owner: 'team'})
    await team('DELETE', '/api/v1/ports/tokens/friend')
    expect((await apply({'port.token': [named]})).changes).to.have.length(1)
    expect(await api.test.records.portToken.get('friend')).to.include({owner: 'team', by_admin: false})
    for (const documents of [{token: []}, {'oauth.client': []}]) {
      const {body} = await team('POST', '/api/v1/apply', {documents})
      expect(body.errors[0].reason).to.contain('admin token')
    }
    const foreign = {'proxy.key': [{hostname: 'a.example', name: 'mine', secret_hash: 'x'.repeat(43)}]}
    expect((await team('POST', '/api/v1/apply', {documents: foreign})).body.errors[0].reason).to.contain(
      'no proxy',
    )
  })
})
