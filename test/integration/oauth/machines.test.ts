// Tokens without a login page: clients on their own (client_credentials), and people their company vouches for (ID-JAG).
import {createServer, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {expect} from 'chai'
import {exportJWK, generateKeyPair, type JWK, SignJWT} from 'jose'
import {jwtBearer} from '../../../src/server/oauth/id-jag.ts'
import {claimsOf, type Reply, startTestOAuth, type TestOAuth} from '../../support/oauth.ts'

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const keysAt = 'https://job.example/jwks.json'

describe('tokens without a login page', () => {
  let server: TestOAuth
  let company: Server
  let issuer: string
  let privateKey: CryptoKey
  let publicJwk: JWK
  let uri: string
  /** Paths the company was asked for. */
  const asked: string[] = []

  before(async () => {
    const pair = await generateKeyPair('ES256', {extractable: true})
    privateKey = pair.privateKey
    publicJwk = {...(await exportJWK(pair.publicKey)), alg: 'ES256', kid: 'one', use: 'sig'}
    company = createServer((request, response) => {
      asked.push(request.url ?? '')
      response.setHeader('content-type', 'application/json')
      const metadata = {issuer, jwks_uri: `${issuer}/jwks`}
      response.end(JSON.stringify(request.url === '/jwks' ? {keys: [publicJwk]} : metadata))
    })
    await new Promise<void>(resolve => company.listen(0, '127.0.0.1', resolve))
    issuer = `http://127.0.0.1:${(company.address() as AddressInfo).port}`
  })
  after(() => {
    company.closeAllConnections()
    company.close()
  })
  afterEach(() => server.close())

  const open = async (settings: Record<string, string>): Promise<void> => {
    const fetch = async (url: string): Promise<Response> =>
      url === keysAt ? Response.json({keys: [publicJwk]}) : new Response('', {status: 404})
    server = await startTestOAuth(settings, {fetch})
    uri = await server.protect('127.0.0.1', {endpoint: '/mcp'})
  }
  const token = (form: Record<string, string>, basic?: string): Promise<Reply> =>
    server.ask(`${server.issuer}/token`, {
      form,
      headers: basic === undefined ? {} : {authorization: `Basic ${Buffer.from(basic).toString('base64')}`},
    })
  const sign = (claims: object, typ = 'JWT'): Promise<string> =>
    new SignJWT({jti: crypto.randomUUID(), ...claims})
      .setProtectedHeader({alg: 'ES256', kid: 'one', typ})
      .setIssuedAt()
      .setExpirationTime('2m')
      .sign(privateKey)

  describe('client_credentials', () => {
    const register = (more: Record<string, unknown> = {}) =>
      server.oauth.register({
        client_name: 'Job',
        grant_types: ['client_credentials'],
        ...more,
      })

    it('is off by default: neither offered nor registered', async () => {
      await open({})
      const {json} = await server.ask(`${server.issuer}/.well-known/oauth-authorization-server`)
      expect(json.grant_types_supported).to.have.members(['authorization_code', 'refresh_token'])
      const made = await register().catch((error: Error) => error)
      expect(made).to.be.instanceOf(Error)
    })

    it('takes client_secret_basic, gives a token for one resource, and ends with the client', async () => {
      await open({OAUTH_CLIENT_CREDENTIALS: 'on'})
      const {client_id, client_secret} = await register()
      const basic = `${client_id}:${client_secret}`
      const reply = await token({grant_type: 'client_credentials', scope: 'mcp:read'}, basic)
      expect(reply.status, reply.text).to.equal(200)
      expect(reply.json)
        .to.include({scope: 'mcp:read', token_type: 'Bearer'})
        .and.not.have.property('refresh_token')
      const claims = claimsOf(reply.json.access_token)
      expect(claims).to.include({aud: uri, sub: client_id, client_id}).and.not.have.property('sid')
      const wrong = await token({grant_type: 'client_credentials'}, `${client_id}:wrong`)
      expect(wrong.status).to.equal(401)
      expect(wrong.json.error).to.equal('invalid_client')
      const elsewhere = {grant_type: 'client_credentials', resource: 'https://evil.example/mcp'}
      expect((await token(elsewhere, basic)).json.error).to.equal('invalid_target')
      await server.oauth.storage.deleteClient(client_id)
      expect((await server.oauth.storage.token(String(claims.jti)))?.active).to.equal(false)
    })

    it('takes private_key_jwt, each assertion once, and says which algorithms', async () => {
      await open({OAUTH_CLIENT_CREDENTIALS: 'on'})
      const {json} = await server.ask(`${server.issuer}/.well-known/oauth-authorization-server`)
      expect(json.grant_types_supported).to.include('client_credentials')
      expect(json.token_endpoint_auth_methods_supported).to.include.members([
        'private_key_jwt',
        'client_secret_basic',
      ])
      expect(json.token_endpoint_auth_signing_alg_values_supported).to.include('ES256')
      const method = {token_endpoint_auth_method: 'private_key_jwt', jwks_uri: keysAt}
      const {client_id, client_secret} = await register(method)
      expect(client_secret).to.equal(undefined)
      const client_assertion = await sign({iss: client_id, sub: client_id, aud: server.issuer})
      const form = {
        grant_type: 'client_credentials',
        client_assertion_type: assertionType,
        client_assertion,
        resource: uri,
      }
      const reply = await token(form)
      expect(reply.status, reply.text).to.equal(200)
      expect(claimsOf(reply.json.access_token)).to.include({sub: client_id, aud: uri})
      expect((await token(form)).json.error).to.equal('invalid_client')
    })

    it('is not given to a client that registers by itself', async () => {
      await open({OAUTH_CLIENT_CREDENTIALS: 'on'})
      const {json} = await server.ask(`${server.issuer}/register`, {
        json: {redirect_uris: ['https://a.example/cb'], grant_types: ['client_credentials']},
      })
      expect(json.grant_types).to.not.include('client_credentials')
      const form = {grant_type: 'client_credentials'}
      const refused = await token(form, `${json.client_id}:${json.client_secret}`)
      expect(refused.status).to.equal(400)
      expect(refused.json.error_description).to.contain('not allowed for this client')
    })
  })

  describe('identity assertions (ID-JAG)', () => {
    let client: {client_id: string; client_secret?: string}
    const enterprise = async (more: Record<string, string> = {}): Promise<void> => {
      await open({
        OAUTH_ENTERPRISE_AUTHORIZATION: 'on',
        OIDC_ISSUER: issuer,
        OIDC_CLIENT_ID: 'mcpx',
        OAUTH_ALLOWED_OIDC_USERS: 'bob@example.com',
        ...more,
      })
      client = await server.oauth.register({
        client_name: 'Agent',
        redirect_uris: [],
        grant_types: ['jwt-bearer'],
      })
    }
    const person = () => ({
      iss: issuer,
      aud: server.issuer,
      sub: 'bob',
      email: 'bob@example.com',
      email_verified: true,
      client_id: client.client_id,
      resource: uri,
    })
    const offer = (assertion: string, more: Record<string, string> = {}): Promise<Reply> =>
      token({grant_type: jwtBearer, assertion, ...more}, `${client.client_id}:${client.client_secret}`)

    it('are off by default', async () => {
      await open({OIDC_ISSUER: issuer, OIDC_CLIENT_ID: 'mcpx'})
      const {json} = await server.ask(`${server.issuer}/.well-known/oauth-authorization-server`)
      expect(json.grant_types_supported).to.not.include(jwtBearer)
      expect((await token({grant_type: jwtBearer, assertion: 'x'})).status).to.be.within(400, 401)
    })

    it('give a token for the person, once, that ends with the session', async () => {
      await enterprise()
      asked.length = 0
      const assertion = await sign({...person(), scope: 'mcp:read'}, 'oauth-id-jag+jwt')
      const reply = await offer(assertion)
      expect(reply.status, reply.text).to.equal(200)
      expect(reply.json).to.include({scope: 'mcp:read'}).and.not.have.property('refresh_token')
      const claims = claimsOf(reply.json.access_token)
      expect(claims).to.include({sub: 'oidc:bob', aud: uri, email: 'bob@example.com'})
      expect((await offer(assertion)).json).to.include({error: 'invalid_grant'})
      await offer(await sign(person(), 'oauth-id-jag+jwt'))
      expect(asked, 'metadata and keys are remembered').to.deep.equal([
        '/.well-known/openid-configuration',
        '/jwks',
      ])
      await server.oauth.storage.revokeGrant(claims.sid)
      expect((await server.oauth.storage.token(claims.jti))?.active).to.equal(false)
    })

    it('are refused from others, for others, as other things, and for people who may not come in', async () => {
      await enterprise()
      const refusals: [object, string, string][] = [
        [{iss: 'https://evil.example'}, 'oauth-id-jag+jwt', 'invalid_grant'],
        [{aud: 'https://other.example'}, 'oauth-id-jag+jwt', 'invalid_grant'],
        [{client_id: 'another'}, 'oauth-id-jag+jwt', 'invalid_grant'],
        [{resource: 'https://evil.example/mcp'}, 'oauth-id-jag+jwt', 'invalid_target'],
        [{email: 'eve@example.com', sub: 'eve'}, 'oauth-id-jag+jwt', 'invalid_grant'],
        [{email_verified: false}, 'oauth-id-jag+jwt', 'invalid_grant'],
        [{}, 'JWT', 'invalid_grant'],
      ]
      for (const [claims, typ, error] of refusals) {
        const {status, json} = await offer(await sign({...person(), ...claims}, typ))
        expect(status, JSON.stringify(claims)).to.equal(400)
        expect(json.error, JSON.stringify(claims)).to.equal(error)
      }
    })
  })
})
