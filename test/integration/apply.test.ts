// Records as documents: exported, compared, applied all or none.
import {expect} from 'chai'
import {startApi, type TestApi} from '../support/api.ts'

const documents = {
  route: [
    {
      route_id: 'mcp',
      path_pattern: '/mcp',
      target_type: 'instance',
      target_value: 'backend',
      hosts: ['a.example'],
    },
    {route_id: 'twin', path_pattern: '/twin', target_type: 'hostname', target_value: 'a.example'},
  ],
  proxy: [
    {
      hostname: 'a.example',
      target_url: 'http://127.0.0.1:3000',
      custom_headers: {'X-Key': 's3cret'},
      disabled_routes: ['twin'],
    },
  ],
  instance: [{name: 'backend', target_url: 'http://127.0.0.1:4000'}],
}

describe('documents', () => {
  let api: TestApi
  const apply = async (body: object) => (await api.admin('POST', '/api/v1/apply', body)).body
  const exported = async (query = '') => (await api.admin('GET', `/api/v1/export${query}`)).body

  beforeEach(async () => {
    api = await startApi()
  })
  afterEach(() => api.close())

  it('are applied in whatever order they stand, and a second time change nothing', async () => {
    const first = await apply({documents})
    expect(
      first.changes.map(({action, key}: {action: string; key: string}) => `${action} ${key}`),
    ).to.have.members(['create mcp', 'create twin', 'create a.example', 'create backend'])
    expect((await api.admin('GET', '/api/v1/proxy/targets/a.example')).body).to.deep.include({
      custom_headers: {'X-Key': 's3cret'},
      owner: 'ADMIN',
    })
    expect(await apply({documents})).to.deep.equal({changes: [], skipped: [], unchanged: 4, applied: true})
  })

  it('come out as they went in, without secrets unless they are asked for', async () => {
    await apply({documents})
    const {custom_headers: _, ...proxy} = documents.proxy[0] as (typeof documents.proxy)[0]
    const told = await exported()
    expect(told).to.deep.equal({...documents, proxy: [proxy]})
    expect(await exported('?secrets=true')).to.deep.equal(documents)
    expect((await apply({documents: told})).unchanged).to.equal(4)
    expect(await exported('?secrets=true')).to.deep.equal(documents)
  })

  it('set back what they leave out, and say field by field what changes', async () => {
    await apply({documents})
    await api.admin('PATCH', '/api/v1/routes/mcp', {priority: 70, description: 'by hand'})
    const plan = await apply({documents, dry_run: true})
    expect(plan).to.deep.equal({
      changes: [
        {
          action: 'update',
          noun: 'route',
          key: 'mcp',
          fields: [
            {field: 'priority', from: 70, to: 50},
            {field: 'description', from: 'by hand'},
          ],
        },
      ],
      skipped: [],
      unchanged: 3,
      applied: false,
    })
    expect((await api.admin('GET', '/api/v1/routes/mcp')).body).to.include({priority: 70})
    await apply({documents})
    const {body} = await api.admin('GET', '/api/v1/routes/mcp')
    expect(body).to.include({priority: 50}).and.not.have.property('description')
  })

  it('change nothing at all when one of them is wrong, and say all that is wrong', async () => {
    const wrong = {
      instance: documents.instance,
      route: [
        {route_id: 'one', path_pattern: 'no-slash', target_type: 'instance', target_value: 'backend'},
        {
          route_id: 'two',
          path_pattern: '/x',
          target_type: 'instance',
          target_value: 'nobody',
          priority: 5000,
        },
        {route_id: 'three', path_pattern: '/y', target_type: 'instance', target_value: 'nobody'},
      ],
      widget: [],
    }
    const problem = await apply({documents: wrong})
    expect(problem).to.include({code: 'documents-invalid', status: 422})
    expect(problem.errors.map(({field}: {field: string}) => field)).to.deep.equal([
      'widget',
      'route one: path_pattern',
      'route two: priority',
      'route three: target_value',
    ])
    expect(await exported()).to.deep.equal({})
  })

  it('are refused as a whole for what only the store can see', async () => {
    const both = documents.route.map(route => ({...route, path_pattern: '/same', hosts: ['a.example']}))
    for (const dry_run of [true, false]) {
      const problem = await apply({documents: {...documents, route: both}, dry_run})
      expect(problem).to.include({code: 'route-taken'})
    }
    expect(await exported()).to.deep.equal({})
  })

  it('can exchange what only one record may hold', async () => {
    const routes = (one: string, other: string) => [
      {...documents.route[0], path_pattern: one},
      {...documents.route[1], path_pattern: other, hosts: ['a.example']},
    ]
    await apply({documents: {...documents, route: routes('/a', '/b')}})
    expect((await apply({documents: {route: routes('/b', '/a')}})).changes).to.have.length(2)
    expect((await apply({documents: {route: routes('/a', '/b')}})).changes).to.have.length(2)
  })

  it('switch logins and MCP servers on and off, and leave them alone where they say nothing', async () => {
    const proxy = {...documents.proxy[0], disabled_routes: []}
    const all = {...documents, proxy: [{...proxy, auth: {mode: 'redirect', required_users: ['ada']}}]}
    const first = await apply({documents: all})
    expect(first.applied, JSON.stringify(first)).to.equal(true)
    const shown = async () => (await api.admin('GET', '/api/v1/proxy/targets/a.example')).body.auth
    expect(await shown()).to.deep.include({enabled: true, mode: 'redirect', required_users: ['ada']})
    expect((await apply({documents: all})).changes).to.deep.equal([])
    expect((await apply({documents: {proxy: [proxy]}})).changes).to.deep.equal([])
    const told = await exported('?secrets=true')
    expect((await apply({documents: told})).changes).to.deep.equal([])
    await apply({documents: {proxy: [{...proxy, auth: {enabled: false}}]}})
    expect(await shown()).to.include({enabled: false, mode: 'redirect'})
    const wrong = await apply({documents: {proxy: [{...proxy, auth: {mode: 'never'}}]}})
    expect(wrong.errors[0].field).to.equal('proxy a.example: mode')
  })

  it('change nothing of an MCP server, whatever was seen of it meanwhile', async () => {
    await apply({documents})
    const target = '/api/v1/proxy/targets/a.example'
    expect((await api.admin('POST', `${target}/mcp`, {})).status).to.be.within(200, 201)
    expect((await api.admin('GET', target)).body.mcp).to.include.keys('last_checked', 'enabled')
    const told = await exported()
    expect(told.resource).to.have.length(1)
    expect(await apply({documents: told}))
      .to.include({unchanged: 5})
      .and.deep.include({changes: []})
  })

  it('of a server on another port make the same here', async () => {
    await apply({documents})
    const target = '/api/v1/proxy/targets/a.example'
    await api.admin('POST', `${target}/mcp`, {public: true})
    const told = await exported()
    const {uri} = told.resource[0]
    await api.admin('DELETE', target)
    const elsewhere = {
      ...told,
      resource: [{...told.resource[0], uri: uri.replace('a.example:8080', 'a.example:28080')}],
    }
    expect(elsewhere.resource[0].uri).to.not.equal(uri)
    expect((await apply({documents: elsewhere})).errors).to.equal(undefined)
    expect(await exported()).to.deep.equal(told)
  })

  it('delete what has no document when asked to, of the nouns they name', async () => {
    await apply({documents})
    const kept = {route: [], instance: []}
    expect((await apply({documents: kept})).changes).to.deep.equal([])
    const proxy = [{...documents.proxy[0], disabled_routes: []}]
    const wrong = await apply({documents: {...kept, proxy}, prune: true, deletions: 2})
    expect(wrong).to.include({code: 'revision-mismatch'})
    const plan = await apply({documents: {...kept, proxy}, prune: true, deletions: 3})
    expect(
      plan.changes.map(({action, key}: {action: string; key: string}) => `${action} ${key}`),
    ).to.deep.equal(['update a.example', 'delete mcp', 'delete twin', 'delete backend'])
    expect(Object.keys(await exported())).to.deep.equal(['proxy'])
    await api.admin('POST', '/api/v1/proxy/targets/a.example/mcp', {})
    const all = await apply({documents: {proxy: [], resource: []}, prune: true})
    expect(all.changes.map(({noun}: {noun: string}) => noun)).to.deep.equal(['proxy', 'resource'])
    expect(await exported()).to.deep.equal({})
  })

  it('keep the owner of each record, who must be known', async () => {
    const owned = {instance: [{name: 'public', target_url: 'http://1.1.1.1', owner: 'team'}]}
    expect((await apply({documents: owned})).errors[0].reason).to.contain('no token `team`')
    const team = await api.as('team')
    await apply({documents: owned})
    expect((await team('GET', '/api/v1/export')).body).to.deep.equal({
      instance: [{name: 'public', target_url: 'http://1.1.1.1'}],
    })
    expect(await exported()).to.deep.equal({...owned, token: [{name: 'team'}]})
    const refused = await team('POST', '/api/v1/apply', {
      documents: {instance: [{name: 'x', target_url: 'http://127.0.0.1:1'}]},
    })
    expect(refused.body.errors[0].reason).to.contain('not a public address')
  })

  it('tell nobody what others have, nor whether a guess is right', async () => {
    await apply({documents})
    const team = await api.as('team')
    for (const guess of [documents.proxy, [{hostname: 'a.example', target_url: 'http://127.0.0.1:3000'}]]) {
      const {body} = await team('POST', '/api/v1/apply', {documents: {proxy: guess}, dry_run: true})
      expect(body.code).to.be.oneOf(['documents-invalid', 'already-exists'])
      expect(JSON.stringify(body)).to.not.contain('s3cret')
    }
    const [right, wrong] = await Promise.all(
      ['http://127.0.0.1:4000', 'http://127.0.0.1:4001'].map(
        async target_url =>
          (await team('POST', '/api/v1/apply', {documents: {instance: [{name: 'backend', target_url}]}}))
            .body,
      ),
    )
    expect(right.code).to.be.a('string')
    expect(right.code).to.equal(wrong.code)
  })
})
