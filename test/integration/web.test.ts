// Signing in to the web UI, as a browser's requests look: cookie, header, origin; and the changes it follows.
import {expect} from 'chai'
import {eventData} from '../../src/core/connect.ts'
import {startApi, type TestApi} from '../support/api.ts'

describe('the web UI', () => {
  let api: TestApi
  before(async () => {
    api = await startApi()
  })
  after(() => api.close())

  const own = (): {origin: string; 'sec-fetch-site': string} => ({
    origin: api.url,
    'sec-fetch-site': 'same-origin',
  })

  async function signIn(body: object): Promise<{cookie: string; 'x-csrf-token': string; origin: string}> {
    const {status, headers, body: answer} = await api.nobody('POST', '/.mcpx/session', body, own())
    expect(status, JSON.stringify(answer)).to.equal(201)
    const cookie = headers.get('set-cookie')?.split(';')[0] ?? ''
    return {cookie, 'x-csrf-token': answer.proof, ...own()}
  }

  const whoami = async (headers: Record<string, string>): Promise<number> =>
    (await api.nobody('GET', '/api/v1/tokens/info', undefined, headers)).status

  describe('sign-in', () => {
    it('takes a token and answers with a cookie that no script reads and no other site sends', async () => {
      const {headers} = await api.nobody('POST', '/.mcpx/session', {token: api.token}, own())
      const port = new URL(api.url).port
      expect(headers.get('set-cookie')).to.match(
        new RegExp(`^mcpx-${port}=mcs_[^;]+; Path=/; Max-Age=\\d+; HttpOnly; SameSite=Strict$`),
      )
      const secure = {...own(), origin: api.url.replace('http:', 'https:'), 'x-mcpx-secure': '1'}
      const overTls = await api.nobody('POST', '/.mcpx/session', {token: api.token}, secure)
      expect(overTls.headers.get('set-cookie')).to.match(
        /^__Host-mcpx=.+; HttpOnly; SameSite=Strict; Secure$/,
      )
    })

    it('refuses a wrong token, another site, and plain HTTP from another machine', async () => {
      const codes = [
        [{token: 'acm_wrong'}, own()],
        [{token: api.token}, {...own(), origin: 'https://evil.example'}],
        [{token: api.token}, {...own(), 'sec-fetch-site': 'same-site'}],
        [{token: api.token}, {...own(), 'x-mcpx-loopback': ''}],
      ].map(async ([body, headers]) => {
        const answer = await api.nobody('POST', '/.mcpx/session', body, headers)
        expect(answer.headers.get('set-cookie')).to.equal(null)
        return answer.body.code
      })
      expect(await Promise.all(codes)).to.deep.equal([
        'token-invalid',
        'origin-forbidden',
        'origin-forbidden',
        'token-in-clear',
      ])
    })

    it('takes a link of `mcpx open` once', async () => {
      const {body} = await api.admin('POST', '/api/v1/console/links')
      expect(body.expires_in).to.equal(60)
      expect(await whoami(await signIn({link: body.link}))).to.equal(200)
      const again = await api.nobody('POST', '/.mcpx/session', {link: body.link}, own())
      expect(again.body.code).to.equal('link-spent')
    })

    it('lets one of two that use a link at the same moment in', async () => {
      const {body} = await api.admin('POST', '/api/v1/console/links')
      const both = [1, 2].map(() => api.nobody('POST', '/.mcpx/session', {link: body.link}, own()))
      expect((await Promise.all(both)).map(({status}) => status)).to.have.members([201, 410])
    })
  })

  describe('a session', () => {
    it('counts only with its header and from its own origin', async () => {
      const session = await signIn({token: api.token})
      expect(await whoami(session)).to.equal(200)
      const {'x-csrf-token': _, ...withoutHeader} = session
      expect(await whoami(withoutHeader)).to.equal(401)
      expect(await whoami({...session, 'x-csrf-token': 'mcp_other'})).to.equal(401)
      expect(await whoami({...session, origin: 'http://127.0.0.1:1'})).to.equal(403)
    })

    it('sees and changes what its token owns, nothing else', async () => {
      const alice = await api.as('web-alice')
      const {body} = await alice('POST', '/api/v1/console/links')
      const session = await signIn({link: body.link})
      await api.admin('POST', '/api/v1/instances', {name: 'web-admins', target_url: 'http://192.0.2.1'})
      const hidden = await api.nobody('GET', '/api/v1/instances/web-admins', undefined, session)
      expect(hidden.body.code).to.equal('not-found')
      const made = await api.nobody('POST', '/api/v1/tokens', {name: 'web-more'}, session)
      expect(made.body.code).to.equal('admin-only')
    })

    it('ends when its person signs out, here or everywhere, and when its token is deleted', async () => {
      await api.as('web-bob')
      const bob = await api.as('web-carol')
      const link = async (): Promise<string> => (await bob('POST', '/api/v1/console/links')).body.link
      const [one, two, three] = [
        await signIn({link: await link()}),
        await signIn({link: await link()}),
        await signIn({link: await link()}),
      ]
      await api.nobody('DELETE', '/.mcpx/session', undefined, one)
      expect([await whoami(one), await whoami(two)]).to.deep.equal([401, 200])
      await api.nobody('DELETE', '/.mcpx/session?everywhere=true', undefined, two)
      expect([await whoami(two), await whoami(three)]).to.deep.equal([401, 401])
      const four = await signIn({link: await link()})
      await api.admin('DELETE', '/api/v1/tokens/web-carol')
      expect(await whoami(four)).to.equal(401)
    })
  })

  describe('changes', () => {
    async function follow(headers: Record<string, string>): Promise<AsyncGenerator<string, void>> {
      const stop = new AbortController()
      const response = await fetch(`${api.url}/api/v1/changes`, {headers, signal: stop.signal})
      const events = eventData(response.body as ReadableStream<Uint8Array>)
      const {value} = await events.next()
      expect(JSON.parse(value as string)).to.have.all.keys('revision')
      return events
    }

    it('tell admins of every record, and others of their own only', async () => {
      const dora = await api.as('web-dora')
      const session = await signIn({link: (await dora('POST', '/api/v1/console/links')).body.link})
      const all = await follow({authorization: `Bearer ${api.token}`})
      const mine = await follow(session)
      await api.admin('POST', '/api/v1/instances', {name: 'web-foreign', target_url: 'http://192.0.2.1'})
      await dora('POST', '/api/v1/instances', {name: 'web-own', target_url: 'http://1.1.1.1'})
      const next = async (events: AsyncGenerator<string, void>): Promise<{noun: string; key?: string}> =>
        JSON.parse((await events.next()).value as string)
      expect(await next(all)).to.include({noun: 'instance', key: 'web-foreign'})
      expect(await next(all)).to.include({noun: 'instance', key: 'web-own'})
      expect(await next(mine)).to.include({noun: 'instance', key: 'web-own'})
      await all.return()
      await mine.return()
    })
  })
})
