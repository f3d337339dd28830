// GitHub's OAuth endpoints as a real HTTP server, at the paths of a GitHub Enterprise Server.
import {createHash, randomBytes} from 'node:crypto'
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'

export interface GithubUser {
  id: number
  login: string
  name: string | null
  email?: string
  orgs?: string[]
  /** `org/team`. */
  teams?: string[]
}

export interface Github {
  url: string
  /** Who is logged in at GitHub in every browser. */
  user: GithubUser
  clientId: string
  clientSecret: string
  /** Settings that make mcpx use it. */
  environment: Record<string, string>
  /** Tokens it has given out. */
  issued: string[]
  close(): Promise<void>
}

export async function startGithub(user: GithubUser): Promise<Github> {
  const codes = new Map<string, {redirect: string; challenge: string | null}>()
  const issued: string[] = []
  const server = createServer((request, response) => void answer(request, response))
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://github')
    const json = (status: number, body: unknown): void => {
      response.writeHead(status, {'content-type': 'application/json'}).end(JSON.stringify(body))
    }
    if (url.pathname === '/login/oauth/authorize') {
      const to = new URL(url.searchParams.get('redirect_uri') ?? '')
      const code = randomBytes(10).toString('hex')
      codes.set(code, {redirect: to.href, challenge: url.searchParams.get('code_challenge')})
      to.searchParams.set('code', code)
      to.searchParams.set('state', url.searchParams.get('state') ?? '')
      response.writeHead(302, {location: to.href}).end()
      return
    }
    if (url.pathname === '/login/oauth/access_token') {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const form = new URLSearchParams(Buffer.concat(chunks).toString())
      const known = codes.get(form.get('code') ?? '')
      codes.delete(form.get('code') ?? '')
      const proof = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url')
      // GitHub answers errors with 200.
      if (form.get('client_id') !== github.clientId || form.get('client_secret') !== github.clientSecret)
        return json(200, {error: 'incorrect_client_credentials'})
      if (
        !known ||
        known.redirect !== form.get('redirect_uri') ||
        (known.challenge && known.challenge !== proof)
      )
        return json(200, {error: 'bad_verification_code'})
      const token = `gho_${randomBytes(18).toString('hex')}`
      issued.push(token)
      return json(200, {access_token: token, token_type: 'bearer', scope: 'read:user,user:email,read:org'})
    }
    if (!issued.includes((request.headers.authorization ?? '').replace('Bearer ', '')))
      return json(401, {message: 'Bad credentials'})
    const {id, login, name, email, orgs = [], teams = []} = github.user
    switch (url.pathname) {
      case '/api/v3/user':
        return json(200, {id, login, name})
      case '/api/v3/user/emails':
        return json(200, [
          {email: `${id}@users.noreply.github.com`, primary: false, verified: true},
          ...(email ? [{email, primary: true, verified: true}] : []),
        ])
      case '/api/v3/user/orgs':
        return json(
          200,
          orgs.map(org => ({login: org})),
        )
      case '/api/v3/user/teams':
        return json(
          200,
          teams.map(team => ({slug: team.split('/')[1], organization: {login: team.split('/')[0]}})),
        )
      default:
        return json(404, {message: 'Not Found'})
    }
  }
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const [clientId, clientSecret] = ['Iv1.test', 'github-secret']
  const github: Github = {
    url,
    user,
    clientId,
    clientSecret,
    environment: {GITHUB_URL: url, GITHUB_CLIENT_ID: clientId, GITHUB_CLIENT_SECRET: clientSecret},
    issued,
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
  return github
}
