// An OpenID Connect provider (a second oidc-provider) that people log in to with any name, on its own pages.
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import Provider from 'oidc-provider'

export interface Oidc {
  url: string
  /** Settings that make mcpx use it. */
  environment: Record<string, string>
  /** Where it sends people back to; before the first login. */
  returnTo(redirect: string): void
  close(): void
}

export async function startOidc(): Promise<Oidc> {
  let provider: Provider | undefined
  const http = createServer((request, response) => {
    void provider?.callback()(request, response)
  })
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  const url = `http://localhost:${(http.address() as AddressInfo).port}`
  return {
    url,
    environment: {
      OIDC_ISSUER: url,
      OIDC_CLIENT_ID: 'mcpx',
      OIDC_CLIENT_SECRET: 'provider-secret',
      OIDC_NAME: 'Example Login',
    },
    returnTo(redirect) {
      provider = new Provider(url, {
        clients: [{client_id: 'mcpx', client_secret: 'provider-secret', redirect_uris: [redirect]}],
        claims: {
          openid: ['sub', 'groups'],
          email: ['email', 'email_verified'],
          profile: ['name', 'preferred_username'],
        },
        findAccount: async (_ctx, sub) => ({
          accountId: sub,
          claims: async () => ({
            sub,
            email: `${sub}@example.com`,
            email_verified: sub !== 'unverified',
            name: 'Bob B',
            preferred_username: sub,
            groups: ['staff'],
          }),
        }),
      })
    },
    close() {
      http.closeAllConnections()
      http.close()
    },
  }
}
