// RFC 8414, OpenID Connect Discovery and RFC 9728: what clients find, and where.
import {get} from 'node:http'
import {expect} from 'chai'
import {startTestOAuth, type TestOAuth} from '../../support/oauth.ts'

describe('RFC 8414: metadata of the authorization server', () => {
  let server: TestOAuth
  let resource: string
  before(async () => {
    server = await startTestOAuth()
    resource = await server.protect('127.0.0.1', {endpoint: '/mcp', scopes: ['mcp:read', 'tools:use']})
    await server.protect('plain.localhost')
  })
  after(() => server.close())
  const at = (path: string, host = 'localhost') => server.ask(`http://${host}:${server.port}${path}`)

  for (const path of ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']) {
    it(`is complete at ${path}`, async () => {
      const {status, json, headers} = await at(path)
      expect(status).to.equal(200)
      expect(headers['content-type']).to.contain('application/json')
      expect(headers['access-control-allow-origin']).to.equal('*')
      expect(json).to.include({
        issuer: server.issuer,
        authorization_endpoint: `${server.issuer}/authorize`,
        token_endpoint: `${server.issuer}/token`,
        registration_endpoint: `${server.issuer}/register`,
        revocation_endpoint: `${server.issuer}/revoke`,
        introspection_endpoint: `${server.issuer}/introspect`,
        jwks_uri: `${server.issuer}/jwks`,
        client_id_metadata_document_supported: true,
        authorization_response_iss_parameter_supported: true,
      })
      expect(json.code_challenge_methods_supported).to.deep.equal(['S256'])
      expect(json.response_types_supported).to.deep.equal(['code'])
      expect(json.grant_types_supported).to.deep.equal(['authorization_code', 'refresh_token'])
      expect(json.token_endpoint_auth_methods_supported).to.include.members([
        'none',
        'client_secret_basic',
        'client_secret_post',
        'private_key_jwt',
      ])
      expect(json.scopes_supported)
        .to.include.members(['mcp:read', 'tools:use'])
        .and.not.include('offline_access')
    })
  }

  it('answers a wrong method with JSON and 405, also where a program accepts HTML', async () => {
    for (const [path, allow] of [
      ['/token', 'POST'],
      ['/register', 'POST'],
      ['/revoke', 'POST'],
      ['/introspect', 'POST'],
      ['/jwks', 'GET, HEAD'],
      ['/authorize', 'GET, HEAD, POST'],
      ['/callback', 'GET, HEAD'],
      ['/.well-known/oauth-authorization-server', 'GET, HEAD'],
    ] as const) {
      const sent = {method: 'PATCH', headers: {accept: 'application/json, text/html'}}
      const {status, headers, json} = await server.ask(server.issuer + path, sent)
      expect(status, path).to.equal(405)
      expect(headers['allow'], path).to.equal(allow)
      if (path !== '/authorize' && path !== '/callback') expect(json.error, path).to.equal('invalid_request')
    }
  })

  it('is mirrored on protected MCP hosts, with the issuer and its endpoints', async () => {
    for (const path of ['', '/mcp']) {
      const {status, json} = await at(`/.well-known/oauth-authorization-server${path}`, '127.0.0.1')
      expect(status).to.equal(200)
      expect(json.issuer).to.equal(server.issuer)
      expect(json.token_endpoint).to.equal(`${server.issuer}/token`)
    }
  })

  it('answers targets that are no URL', async () => {
    for (const [target, status] of [
      ['//:x/../token?y=1', 405],
      ['//', 404],
      ['//?', 404],
    ] as const)
      expect(await statusOf(server.port, target), target).to.equal(status)
  })

  it('answers unknown paths with JSON and 404', async () => {
    for (const path of [
      '/.well-known/oauth-authorization-server/other',
      '/.well-known/nothing',
      '/nowhere',
    ]) {
      const {status, json} = await at(path)
      expect(status, path).to.equal(404)
      expect(json.error).to.equal('not_found')
    }
  })

  describe('RFC 9728: metadata of protected resources', () => {
    it('is at the root and below the path of the resource', async () => {
      for (const path of ['', '/mcp', '/mcp/']) {
        const {status, json, headers} = await at(`/.well-known/oauth-protected-resource${path}`, '127.0.0.1')
        expect(status, path).to.equal(200)
        expect(headers['access-control-allow-origin']).to.equal('*')
        expect(json).to.deep.equal({
          resource,
          authorization_servers: [server.issuer],
          scopes_supported: ['mcp:read', 'tools:use'],
          bearer_methods_supported: ['header'],
        })
      }
    })

    it('is the origin where a protected host is no MCP server, and nowhere else', async () => {
      const {json} = await at('/.well-known/oauth-protected-resource', 'plain.localhost')
      expect(json.resource).to.equal(`http://plain.localhost:${server.port}`)
      expect((await at('/.well-known/oauth-protected-resource/other', '127.0.0.1')).status).to.equal(404)
      expect((await at('/.well-known/oauth-protected-resource', 'unknown.localhost')).status).to.equal(404)
    })
  })
})

const statusOf = (port: number, path: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = {host: `localhost:${port}`}
    get({host: '127.0.0.1', port, path, headers}, response => {
      response.resume()
      resolve(response.statusCode ?? 0)
    }).once('error', reject)
  })
