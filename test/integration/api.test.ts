// The admin API over HTTP with a real Redis: records, ownership, revisions, problems.
import {Validator} from '@seriousme/openapi-schema-validator'
import {expect} from 'chai'
import {operations} from '../../src/core/contract/index.ts'
import {route} from '../../src/core/contract/route.ts'
import type {ExchangeRecord} from '../../src/core/contract/system.ts'
import {type Answer, type Caller, startApi, type TestApi} from '../support/api.ts'
import {proxyRecord} from '../support/examples.ts'

const instance = {name: 'backend', target_url: 'http://127.0.0.1:9000'}
const path = {path_pattern: '/mcp', target_type: 'instance', target_value: 'backend'}

/** A problem of `code`, about `field` if given, with reason and remedy. */
function expectProblem(answer: Answer, status: number, code: string, field?: string): void {
  expect(answer.body.code, JSON.stringify(answer.body)).to.equal(code)
  expect(answer.status).to.equal(status)
  expect(answer.headers.get('content-type')).to.equal('application/problem+json')
  expect(answer.body.detail).to.be.a('string').that.is.not.empty
  expect(answer.body.hint).to.be.a('string').that.is.not.empty
  if (field !== undefined)
    expect(answer.body.errors.map((one: {field: string}) => one.field)).to.include(field)
}

describe('the admin API', () => {
  let api: TestApi
  let admin: Caller
  beforeEach(async () => {
    api = await startApi({BASE_DOMAIN: 'mcpx.example'})
    admin = api.admin
  })
  afterEach(() => api.close())

  describe('authentication', () => {
    it('refuses every operation but health without a token, reads included', async () => {
      for (const {method, path: url, access, root} of operations) {
        const answer = await api.nobody(method, (root ? '' : '/api/v1') + url.replace(/\{\w+\}/g, 'x'))
        if (access === 'open') expect(answer.status, url).to.equal(200)
        else expectProblem(answer, 401, 'token-missing')
      }
    })

    it('refuses an unknown token and a deleted one, with a challenge', async () => {
      const ci = await api.as('ci')
      expect((await ci('GET', '/api/v1/tokens/info')).body.name).to.equal('ci')
      await admin('DELETE', '/api/v1/tokens/ci')
      const answer = await ci('GET', '/api/v1/tokens/info')
      expectProblem(answer, 401, 'token-invalid')
      expect(answer.headers.get('www-authenticate')).to.contain('invalid_token')
    })

    it('shows the secret of a token once and keeps only its hash', async () => {
      const {body} = await admin('POST', '/api/v1/tokens', {name: 'ci', cert_email: 'ci@example.com'})
      expect(body.token).to.match(/^acm_[\w-]{43}$/)
      const stored = await api.test.store.redis.hgetall(`${api.test.store.prefix}token`)
      expect(JSON.stringify(stored)).to.not.contain(body.token)
      const shown = await admin('GET', '/api/v1/tokens/ci')
      expect(shown.body).to.deep.equal(body.record)
      expect(shown.body).to.not.have.property('hash')
    })

    it('keeps ADMIN reserved', async () => {
      expectProblem(await admin('POST', '/api/v1/tokens', {name: 'admin'}), 403, 'name-reserved', 'name')
      expectProblem(await admin('DELETE', '/api/v1/tokens/ADMIN'), 403, 'name-reserved', 'name')
    })
  })

  describe('records', () => {
    it('creates, shows, lists, changes and deletes', async () => {
      expect((await admin('POST', '/api/v1/instances', instance)).status).to.equal(201)
      const made = await admin('POST', '/api/v1/routes', path)
      expect(made.status).to.equal(201)
      expect(made.body).to.include({priority: 50, enabled: true, is_regex: false, owner: 'ADMIN'})
      const url = `/api/v1/routes/${made.body.route_id}`
      expect((await admin('GET', url)).body).to.deep.equal(made.body)
      expect((await admin('GET', '/api/v1/routes')).body).to.deep.equal({items: [made.body], next: null})
      const changed = await admin('PATCH', url, {priority: 60})
      expect(changed.body).to.deep.include({
        ...made.body,
        priority: 60,
        updated_at: changed.body.updated_at,
        revision: changed.body.revision,
      })
      expect((await admin('POST', `${url}/disable`)).body.enabled).to.equal(false)
      const deleted = await admin('DELETE', url)
      expect([deleted.status, deleted.body]).to.deep.equal([204, ''])
      expectProblem(await admin('GET', url), 404, 'not-found')
    })

    it('merges on PUT as on PATCH: absent fields stay, null removes', async () => {
      await admin('POST', '/api/v1/instances', {
        ...instance,
        description: 'first',
        more_urls: ['http://127.0.0.1:9001'],
      })
      const put = await admin('PUT', '/api/v1/instances/backend', {description: null})
      expect(put.body).to.not.have.property('description')
      expect(put.body.more_urls).to.deep.equal(['http://127.0.0.1:9001'])
      expect(put.body.target_url).to.equal(instance.target_url)
    })

    it('honours If-Match and answers an ETag', async () => {
      const made = await admin('POST', '/api/v1/instances', instance)
      const tag = made.headers.get('etag') ?? ''
      expect(tag).to.equal(`"${made.body.revision}"`)
      const changed = await admin('PATCH', '/api/v1/instances/backend', {description: 'x'}, {'if-match': tag})
      expect(changed.status).to.equal(200)
      expectProblem(
        await admin('PATCH', '/api/v1/instances/backend', {description: 'y'}, {'if-match': tag}),
        412,
        'revision-mismatch',
      )
      expectProblem(
        await admin('DELETE', '/api/v1/instances/backend', undefined, {'if-match': tag}),
        412,
        'revision-mismatch',
      )
      expectProblem(
        await admin('DELETE', '/api/v1/instances/backend', undefined, {'if-match': 'yes'}),
        400,
        'invalid-request',
      )
      expect((await admin('GET', '/api/v1/instances/backend')).body.description).to.equal('x')
    })

    it('pages through 25 records, 10 at a time', async () => {
      for (let index = 10; index < 35; index++)
        await admin('POST', '/api/v1/instances', {...instance, name: `i${index}`})
      const names: string[] = []
      let after = ''
      for (let pages = 0; pages < 3; pages++) {
        const {body} = await admin('GET', `/api/v1/instances?limit=10${after}`)
        names.push(...body.items.map((one: {name: string}) => one.name))
        after = `&after=${encodeURIComponent(body.next)}`
        if (pages === 2) expect(body.next).to.equal(null)
      }
      expect(names).to.deep.equal(Array.from({length: 25}, (_, index) => `i${index + 10}`))
    })

    it('refuses to delete an instance that a route uses, naming the route', async () => {
      await admin('POST', '/api/v1/instances', instance)
      const {body} = await admin('POST', '/api/v1/routes', path)
      const answer = await admin('DELETE', '/api/v1/instances/backend')
      expectProblem(answer, 409, 'in-use')
      expect(answer.body.detail).to.contain(body.route_id)
    })

    it('tells which routes apply to a proxy, as its mode says', async () => {
      await admin('POST', '/api/v1/instances', instance)
      const ids: string[] = []
      for (const path_pattern of ['/a', '/b', '/c'])
        ids.push((await admin('POST', '/api/v1/routes', {...path, path_pattern})).body.route_id)
      await admin('POST', '/api/v1/proxy/targets', {hostname: 'a.example'})
      const applied = async (): Promise<string[]> =>
        (await admin('GET', '/api/v1/proxy/targets/a.example/routes')).body.applicable_routes
          .map((one: {path_pattern: string}) => one.path_pattern)
          .sort()
      expect(await applied()).to.deep.equal(['/a', '/b', '/c'])
      await admin('POST', `/api/v1/proxy/targets/a.example/routes/${ids[0]}/disable`)
      expect(await applied()).to.deep.equal(['/b', '/c'])
      await admin('PUT', '/api/v1/proxy/targets/a.example/routes', {
        route_mode: 'selective',
        enabled_routes: [ids[2]],
      })
      expect(await applied()).to.deep.equal(['/c'])
      await admin('PUT', '/api/v1/proxy/targets/a.example/routes', {route_mode: 'none'})
      expect(await applied()).to.deep.equal([])
      expectProblem(
        await admin('POST', '/api/v1/proxy/targets/a.example/routes/nope/enable'),
        422,
        'reference-unknown',
      )
    })
  })

  describe('ownership', () => {
    it('hides the records of another owner as if they did not exist', async () => {
      const [ann, bob] = [await api.as('ann'), await api.as('bob')]
      await ann('POST', '/api/v1/proxy/targets', {
        hostname: 'ann.example',
        target_url: 'http://backend.example',
      })
      await admin('POST', '/api/v1/instances', instance)
      const hidden: [string, string, unknown?][] = [
        ['GET', '/api/v1/proxy/targets/ann.example'],
        ['PATCH', '/api/v1/proxy/targets/ann.example', {description: 'mine now'}],
        ['DELETE', '/api/v1/proxy/targets/ann.example'],
        ['POST', '/api/v1/proxy/targets/ann.example/disable'],
        ['GET', '/api/v1/proxy/targets/ann.example/routes'],
        ['GET', '/api/v1/instances/backend'],
        ['DELETE', '/api/v1/instances/backend'],
        ['GET', '/api/v1/tokens/ann'],
        ['PATCH', '/api/v1/tokens/ann', {cert_email: 'bob@example.com'}],
      ]
      for (const [method, url, body] of hidden) expectProblem(await bob(method, url, body), 404, 'not-found')
      expect((await bob('GET', '/api/v1/proxy/targets')).body.items).to.deep.equal([])
      expect((await ann('GET', '/api/v1/proxy/targets')).body.items).to.have.length(1)
      expect((await admin('GET', '/api/v1/proxy/targets/ann.example')).body.enabled).to.equal(true)
      expect(
        (await ann('GET', '/api/v1/tokens')).body.items.map((one: {name: string}) => one.name),
      ).to.deep.equal(['ann'])
    })

    it('lets a token take neither the traffic of other hosts nor built-in paths', async () => {
      const bob = await api.as('bob')
      await admin('POST', '/api/v1/proxy/targets', {
        hostname: 'other.example',
        target_url: 'http://127.0.0.1:9000',
      })
      await bob('POST', '/api/v1/proxy/targets', {hostname: 'bob.example'})
      const url = {path_pattern: '/', target_type: 'url', target_value: 'http://backend.example'}
      expectProblem(await bob('POST', '/api/v1/routes', {...url, hosts: ['*']}), 403, 'admin-only', 'hosts')
      expectProblem(
        await bob('POST', '/api/v1/routes', {...url, priority: 90}),
        403,
        'admin-only',
        'priority',
      )
      expectProblem(
        await bob('POST', '/api/v1/routes', {...url, hosts: ['other.example']}),
        422,
        'reference-unknown',
        'hosts',
      )
      expect((await bob('POST', '/api/v1/routes', {...url, hosts: ['bob.example']})).status).to.equal(201)
      expectProblem(await bob('POST', '/api/v1/tokens', {name: 'more'}), 403, 'admin-only')
    })

    it('lets a proxy name the routes that can apply to it, and no others', async () => {
      const [ann, bob] = [await api.as('ann'), await api.as('bob')]
      const url = {path_pattern: '/', target_type: 'url', target_value: 'http://backend.example'}
      const everywhere = await admin('POST', '/api/v1/routes', {...url, hosts: ['*'], priority: 95})
      const others = await ann('POST', '/api/v1/routes', url)
      await bob('POST', '/api/v1/proxy/targets', {hostname: 'bob.example'})
      const target = '/api/v1/proxy/targets/bob.example'
      const without = (id: string) => bob('PATCH', target, {disabled_routes: [id]})
      expect((await without(everywhere.body.route_id)).status).to.equal(200)
      const hidden = others.body.route_id
      expectProblem(await without(hidden), 422, 'reference-unknown')
      const enable = await bob('POST', `${target}/routes/${hidden}/enable`)
      expectProblem(enable, 422, 'reference-unknown')
    })

    it('gives the paths of a hostname that changed hands to its new owner', async () => {
      const [ann, bob] = [await api.as('ann'), await api.as('bob')]
      const route = {
        hosts: ['shop.example'],
        path_pattern: '/',
        target_type: 'url',
        target_value: 'http://backend.example',
      }
      for (const owner of [ann, bob]) {
        await owner('POST', '/api/v1/proxy/targets', {hostname: 'shop.example'})
        expect((await owner('POST', '/api/v1/routes', route)).status).to.equal(201)
        expectProblem(await owner('POST', '/api/v1/routes', route), 409, 'route-taken', 'priority')
        await owner('DELETE', '/api/v1/proxy/targets/shop.example')
      }
    })

    it('gives a path and priority on a host once, be it to its owner or to an admin', async () => {
      const ann = await api.as('ann')
      const route = {
        hosts: ['shop.example'],
        path_pattern: '/',
        target_type: 'url',
        target_value: 'http://backend.example',
      }
      await ann('POST', '/api/v1/proxy/targets', {hostname: 'shop.example'})
      expect((await admin('POST', '/api/v1/routes', route)).status).to.equal(201)
      expectProblem(await ann('POST', '/api/v1/routes', route), 409, 'route-taken', 'priority')
      const {body} = await ann('POST', '/api/v1/routes', {...route, priority: 40})
      expectProblem(
        await admin('POST', '/api/v1/routes', {...route, priority: 40}),
        409,
        'route-taken',
        'priority',
      )
      const moved = await ann('PATCH', `/api/v1/routes/${body.route_id}`, {priority: 50})
      expectProblem(moved, 409, 'route-taken', 'priority')
      const kept = await ann('PATCH', `/api/v1/routes/${body.route_id}`, {description: 'mine'})
      expect(kept.status).to.equal(200)
    })

    it('keeps private targets for admins, whatever they are called', async () => {
      const bob = await api.as('bob')
      const targets = [
        'http://127.0.0.1:9000',
        'http://10.0.0.1',
        'http://169.254.169.254/latest',
        'http://[::1]:80',
        'http://[::ffff:10.0.0.1]',
        'http://localhost:1',
        'http://2130706433',
        'http://0x7f.1',
        'http://100.64.0.1',
        'http://redis.internal',
        'http://redis.internal.',
        'http://localhost.:1',
        'http://[::7f00:1]',
      ]
      for (const target_url of targets) {
        expectProblem(
          await bob('POST', '/api/v1/proxy/targets', {hostname: 'bob.example', target_url}),
          403,
          'target-forbidden',
          'target_url',
        )
      }
      expectProblem(
        await bob('POST', '/api/v1/routes', {path_pattern: '/', target_type: 'port', target_value: '6379'}),
        403,
        'target-forbidden',
        'target_value',
      )
      expect((await bob('GET', '/api/v1/proxy/targets')).body.items).to.deep.equal([])
    })

    it('keeps reserved names', async () => {
      expectProblem(
        await admin('POST', '/api/v1/proxy/targets', {hostname: 'mcpx.example'}),
        403,
        'name-reserved',
        'hostname',
      )
      const bob = await api.as('bob')
      expectProblem(
        await bob('POST', '/api/v1/proxy/targets', {hostname: '127.0.0.1'}),
        403,
        'name-reserved',
        'hostname',
      )
      expectProblem(
        await bob('POST', '/api/v1/instances', {name: 'docker-x', target_url: 'http://backend.example'}),
        403,
        'name-reserved',
        'name',
      )
    })

    it('deletes a token with what it owns only when told to', async () => {
      const bob = await api.as('bob')
      await bob('POST', '/api/v1/instances', {name: 'far', target_url: 'http://backend.example'})
      await bob('POST', '/api/v1/proxy/targets', {hostname: 'bob.example'})
      await bob('POST', '/api/v1/routes', {
        route_id: 'r',
        path_pattern: '/',
        target_type: 'instance',
        target_value: 'far',
      })
      const refused = await admin('DELETE', '/api/v1/tokens/bob')
      expectProblem(refused, 409, 'in-use')
      expect(refused.body.detail).to.contain('bob.example')
      const done = await admin('DELETE', '/api/v1/tokens/bob?cascade=true')
      expect(done.body.removed).to.have.members([
        'route/r',
        'proxy/bob.example',
        'instance/far',
        'certificate/bob.example',
        'token/bob',
      ])
      expect((await admin('GET', '/api/v1/instances')).body.items).to.deep.equal([])
    })
  })

  it('looks whether a target answers only where its owner may reach', async () => {
    const {records} = api.test
    const target_url = `http://localhost:${new URL(api.url).port}`
    await records.proxy.create('alice.example', proxyRecord('alice.example', {target_url, owner: 'alice'}))
    const {body} = await admin('GET', '/api/v1/proxy/targets/alice.example')
    expect(body.upstream).to.include({healthy: false, detail: '`localhost` is not a public address'})
    await records.proxy.create('mine.example', proxyRecord('mine.example', {target_url}))
    const mine = await admin('GET', '/api/v1/proxy/targets/mine.example')
    expect(mine.body.upstream).to.include({healthy: true})
  })

  describe('bad input', () => {
    const bad: [what: string, body: unknown, code: string, field?: string, status?: number][] = [
      ['malformed JSON', '{"path_pattern": ', 'malformed-json'],
      ['a body that is no object', '[]', 'invalid-request'],
      ['an unknown field', {...path, colour: 'red'}, 'invalid-request', 'colour'],
      ['a prototype as field', '{"__proto__": {"admin": true}}', 'malformed-json'],
      ['a wrong type', {...path, priority: '50'}, 'invalid-request', 'priority'],
      ['a number out of range', {...path, priority: 1000}, 'invalid-request', 'priority'],
      ['a missing field', {path_pattern: '/'}, 'invalid-request', 'target_type'],
      ['a wrong choice', {...path, target_type: 'file'}, 'invalid-request', 'target_type'],
      ['a method that is none', {...path, methods: ['GETT']}, 'invalid-request', 'methods.0'],
      ['a path without slash', {...path, path_pattern: 'mcp'}, 'invalid-request', 'path_pattern'],
      ['a path with a query', {...path, path_pattern: '/mcp?x=1'}, 'invalid-request', 'path_pattern'],
      [
        'a pattern that is none',
        {...path, path_pattern: '(', is_regex: true},
        'pattern-invalid',
        'path_pattern',
        422,
      ],
      [
        'a pattern with lookahead',
        {...path, path_pattern: '/(?=x)', is_regex: true},
        'pattern-invalid',
        'path_pattern',
        422,
      ],
      ['is_exact with is_regex', {...path, is_exact: true, is_regex: true}, 'invalid-request', 'is_exact'],
      ['an instance that does not exist', path, 'reference-unknown', 'target_value', 422],
      [
        'a port that is none',
        {...path, target_type: 'port', target_value: '70000'},
        'invalid-request',
        'target_value',
      ],
      [
        'mcpx itself as target',
        {...path, target_type: 'port', target_value: '8080'},
        'target-loops',
        'target_value',
        422,
      ],
      [
        'a URL with a password',
        {...path, target_type: 'url', target_value: 'http://u:p@h'},
        'invalid-request',
        'target_value',
      ],
      [
        'another scheme',
        {...path, target_type: 'url', target_value: 'unix:/var/run/docker.sock'},
        'invalid-request',
        'target_value',
      ],
      ['assigned fields', {...path, owner: 'bob'}, 'invalid-request', 'owner'],
    ]
    for (const [what, body, code, field, status = 400] of bad) {
      it(`names the field, the reason and the remedy of ${what}, and changes nothing`, async () => {
        expectProblem(await admin('POST', '/api/v1/routes', body), status, code, field)
        expect((await admin('GET', '/api/v1/routes')).body.items).to.deep.equal([])
      })
    }

    it('refuses custom headers that frame messages, and names that are none', async () => {
      const body = {hostname: 'a.example', custom_headers: {'X-Key': '1', 'Content-Length': '0'}}
      const refused = await admin('POST', '/api/v1/proxy/targets', body)
      expectProblem(refused, 400, 'invalid-request', 'custom_headers.Content-Length')
      const odd = await admin('POST', '/api/v1/proxy/targets', {...body, custom_headers: {'Bad Name': '1'}})
      expectProblem(odd, 400, 'invalid-request', 'custom_headers.Bad Name')
      expect((await admin('GET', '/api/v1/proxy/targets')).body.items).to.deep.equal([])
    })

    it('answers with a problem for what cannot be a path', async () => {
      expectProblem(await admin('GET', '/api/v1/proxy/targets/%zz'), 400, 'invalid-request')
      expectProblem(await admin('GET', `/api/v1/proxy/targets/${'x'.repeat(5000)}`), 400, 'invalid-request')
    })

    it('answers for what is not there, and for what is taken', async () => {
      expectProblem(await admin('GET', '/api/v1/nothing'), 404, 'no-endpoint')
      const wrong = await admin('PUT', '/api/v1/routes', {})
      expectProblem(wrong, 405, 'method-not-allowed')
      expect(wrong.headers.get('allow')).to.equal('GET, POST')
      await admin('POST', '/api/v1/instances', instance)
      expectProblem(await admin('POST', '/api/v1/instances', instance), 409, 'already-exists')
      await admin('POST', '/api/v1/routes', path)
      expectProblem(await admin('POST', '/api/v1/routes', path), 409, 'route-taken', 'priority')
      expectProblem(await admin('GET', '/api/v1/routes?limt=3'), 400, 'invalid-request', 'limt')
      expectProblem(
        await admin('POST', '/api/v1/routes', 'a=b', {'content-type': 'text/plain'}),
        415,
        'unsupported-media-type',
      )
      expectProblem(
        await admin('POST', '/api/v1/instances', {
          ...instance,
          name: 'big',
          description: 'x'.repeat(2_000_000),
        }),
        413,
        'too-large',
      )
      expectProblem(await admin('POST', '/api/v1/routes'), 400, 'invalid-request')
    })
  })

  describe('descriptions', () => {
    it('answers a valid OpenAPI 3.1 document with every operation and every field', async () => {
      const {body} = await api.nobody('GET', '/openapi.json')
      const result = await new Validator().validate(structuredClone(body))
      expect(result.valid, JSON.stringify(result)).to.equal(true)
      expect(body.openapi).to.equal('3.1.0')
      for (const {method, path: url, root} of operations) {
        expect(body.paths[(root ? '' : '/api/v1') + url], url).to.have.property(method.toLowerCase())
      }
      const fields = Object.keys(route.create.properties)
      expect(Object.keys(body.components.schemas.RouteCreate.properties)).to.have.members(fields)
      expect(JSON.stringify(body)).to.not.contain('"$id"')
    })

    it('serves Swagger UI under a strict policy', async () => {
      const page = await api.nobody('GET', '/docs')
      expect(page.status).to.equal(200)
      expect(page.headers.get('content-security-policy'))
        .to.contain("default-src 'none'")
        .and.to.contain("frame-ancestors 'none'")
      for (const url of ['/docs/swagger-ui.css', '/docs/swagger-ui-bundle.js', '/docs/start.js']) {
        expect((await api.nobody('GET', url)).status, url).to.equal(200)
      }
      expect((await api.nobody('GET', '/docs/package.json')).status).to.equal(404)
    })
  })

  describe('figures', () => {
    const exchange = (id: string, proxy: string, status = 200): ExchangeRecord => ({
      id,
      time: new Date().toISOString(),
      host: proxy,
      method: 'POST',
      path: '/mcp',
      status,
      ms: 3,
      proxy,
      remote: '192.0.2.7',
      bytes_in: 1,
      bytes_out: 2,
      mcp_method: 'tools/call',
    })
    const report = (exchanges: object[]): Promise<void> =>
      api.telemetry.accept({
        worker: 0,
        pid: 1,
        revision: 5,
        inFlight: 2,
        series: [
          {
            proxy: 'a"b',
            route: 'r',
            status: '5xx',
            requests: 3,
            seconds: 0.3,
            buckets: [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2],
            bytesIn: 10,
            bytesOut: 20,
          },
        ],
        upstreamErrors: [{proxy: 'a"b', code: 'upstream-timeout', count: 1}],
        exchanges: exchanges as never,
      })

    it('exposes metrics to the admin token and METRICS_TOKEN only, escaped and cumulative', async () => {
      await report([])
      await report([])
      expectProblem(await api.nobody('GET', '/metrics'), 401, 'token-missing')
      const bob = await api.as('bob')
      expectProblem(await bob('GET', '/metrics'), 403, 'admin-only')
      const {body} = await admin('GET', '/metrics')
      const labels = 'proxy="a\\"b",route="r",status="5xx"'
      expect(body).to.contain(`mcpx_requests_total{${labels}} 6`)
      expect(body).to.contain(`mcpx_request_duration_seconds_bucket{${labels},le="0.01"} 2`)
      expect(body).to.contain(`mcpx_request_duration_seconds_bucket{${labels},le="+Inf"} 6`)
      expect(body).to.contain('mcpx_upstream_errors_total{proxy="a\\"b",code="upstream-timeout"} 2')
      expect(body).to.contain('mcpx_snapshot_revision{worker="0"} 5')
    })

    it('looks back on recent exchanges with filters, and shows each token those of its proxies', async () => {
      const bob = await api.as('bob')
      await bob('POST', '/api/v1/proxy/targets', {hostname: 'bob.example'})
      await report([
        exchange('1', 'bob.example'),
        exchange('2', 'ann.example', 503),
        exchange('3', 'bob.example', 404),
      ])
      const ids = async (caller: Caller, query = ''): Promise<string[]> =>
        (await caller('GET', `/api/v1/logs${query}`)).body.items.map((one: {id: string}) => one.id)
      expect(await ids(admin)).to.deep.equal(['1', '2', '3'])
      expect(await ids(admin, '?status=5xx')).to.deep.equal(['2'])
      expect(await ids(admin, '?limit=1')).to.deep.equal(['3'])
      expect(await ids(admin, '?mcp=tools/list')).to.deep.equal([])
      expect(await ids(bob)).to.deep.equal(['1', '3'])
      expectProblem(await admin('GET', '/api/v1/logs?status=9'), 400, 'invalid-request', 'status')
    })

    it('puts exchanges of all workers in the order they began', async () => {
      const began = (id: string, second: number): ExchangeRecord => ({
        ...exchange(id, 'ann.example'),
        time: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
      })
      const stop = new AbortController()
      const headers = {authorization: `Bearer ${api.token}`}
      const response = await fetch(`${api.url}/api/v1/logs/stream`, {headers, signal: stop.signal})
      const pieces = (response.body as ReadableStream<Uint8Array>).values()
      await pieces.next()
      await api.exchanges.append([began('2', 2), began('4', 4), began('1', 1), began('3', 3)])
      const {body} = await admin('GET', '/api/v1/logs?limit=3')
      expect(body.items.map((one: {id: string}) => one.id)).to.deep.equal(['2', '3', '4'])
      let text = ''
      for (const decoder = new TextDecoder(); (text.match(/"id"/g) ?? []).length < 4; )
        text += decoder.decode((await pieces.next()).value)
      stop.abort()
      expect(text.match(/(?<="id":")\d/g)).to.deep.equal(['1', '2', '3', '4'])
    })

    it('misses none that ends once it was said to follow them', async () => {
      const stop = new AbortController()
      const followed = await api.exchanges.follow(stop.signal, () => true)
      await api.exchanges.append([exchange('at-once', 'bob.example')])
      const {value} = await followed.next()
      expect(value).to.include({id: 'at-once'})
      stop.abort()
      await followed.return(undefined)
    })

    it('follows exchanges as they end', async () => {
      const {body} = await admin('POST', '/api/v1/tokens', {name: 'bob'})
      const headers = {authorization: `Bearer ${body.token}`}
      await fetch(`${api.url}/api/v1/proxy/targets`, {
        method: 'POST',
        headers: {...headers, 'content-type': 'application/json'},
        body: '{"hostname": "bob.example"}',
      })
      const stop = new AbortController()
      const response = await fetch(`${api.url}/api/v1/logs/stream?status=2xx`, {headers, signal: stop.signal})
      expect(response.headers.get('content-type')).to.equal('text/event-stream')
      const reader = (response.body as ReadableStream<Uint8Array>)
        .pipeThrough(new TextDecoderStream() as never)
        .getReader() as ReadableStreamDefaultReader<string>
      expect((await reader.read()).value).to.equal(': following\n\n')
      await report([
        exchange('1', 'bob.example', 404),
        exchange('2', 'ann.example'),
        exchange('3', 'bob.example'),
      ])
      const {value = ''} = await reader.read()
      expect(JSON.parse(value.replace(/^data: /, ''))).to.include({id: '3', mcp_method: 'tools/call'})
      stop.abort()
    })

    it('sums up requests for each token', async () => {
      await report([])
      const {body} = await admin('GET', '/api/v1/stats')
      expect(body).to.include({requests: 3, errors: 3, in_flight: 2, workers: 1, revision: 5})
      expect(body.proxies[0]).to.include({hostname: 'a"b', requests: 3, mean_ms: 100})
      const bob = await api.as('bob')
      expect((await bob('GET', '/api/v1/stats')).body).to.include({requests: 0})
    })
  })
})
