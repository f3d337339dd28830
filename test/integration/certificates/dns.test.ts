// dns-01 through real DNS: BIND updated by RFC 2136 with TSIG, and a server that speaks the Cloudflare API.
import {randomBytes} from 'node:crypto'
import {Resolver} from 'node:dns/promises'
import {once} from 'node:events'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect} from 'chai'
import {readConfig} from '../../../src/core/config.ts'
import {dnsProvider} from '../../../src/server/certificates/dns/provider.ts'
import {startApi, type TestApi} from '../../support/api.ts'
import {freePort} from '../../support/free-port.ts'
import {type Pebble, startPebble} from '../../support/pebble.ts'
import {type Program, startProgram} from '../../support/program.ts'
import {until} from '../../support/until.ts'

const secret = randomBytes(32).toString('base64')

/** BIND with the zone example.net, which takes updates signed with the key `mcpx`. */
async function startBind(): Promise<{server: string; stop(): Promise<void>}> {
  const directory = mkdtempSync(join(tmpdir(), 'mcpx-bind-'))
  const port = await freePort()
  writeFileSync(
    join(directory, 'zone'),
    '$TTL 60\n@ IN SOA ns admin 1 3600 600 86400 60\n@ IN NS ns\nns IN A 127.0.0.1\n@ IN A 127.0.0.1\n* IN A 127.0.0.1\n',
  )
  writeFileSync(
    join(directory, 'named.conf'),
    `key mcpx { algorithm hmac-sha256; secret "${secret}"; };
options { directory "${directory}"; listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; pid-file none; session-keyfile none; dnssec-validation no; };
controls { };
zone "example.net" { type primary; file "zone"; allow-update { key mcpx; }; };
`,
  )
  const bind: Program = startProgram('named', ['-g', '-c', join(directory, 'named.conf')])
  const resolver = new Resolver({timeout: 500, tries: 1})
  resolver.setServers([`127.0.0.1:${port}`])
  await until(
    () =>
      resolver.resolveSoa('example.net').then(
        () => true,
        () => false,
      ),
    `BIND answers: ${bind.output()}`,
  )
  return {
    server: `127.0.0.1:${port}`,
    async stop() {
      await bind.stop()
      rmSync(directory, {recursive: true, force: true})
    },
  }
}

describe('dns-01', () => {
  describe('by RFC 2136 (BIND)', () => {
    let bind: Awaited<ReturnType<typeof startBind>>
    let pebble: Pebble
    let api: TestApi
    let environment: Record<string, string>

    before(async () => {
      bind = await startBind()
      pebble = await startPebble({dnsServer: bind.server})
      environment = {
        ...pebble.environment,
        ACME_DNS_PROVIDER: 'rfc2136',
        RFC2136_SERVER: bind.server,
        RFC2136_TSIG_KEY: 'mcpx',
        RFC2136_TSIG_SECRET: secret,
      }
      api = await startApi(environment)
    })

    after(async () => {
      await api.close()
      await pebble.stop()
      await bind.stop()
    })

    it('certifies a wildcard and its base, and takes its records away again', async () => {
      await api.admin('POST', '/api/v1/certificates', {
        cert_name: 'wild',
        domains: ['example.net', '*.example.net'],
      })
      await until(async () => {
        const {body} = await api.admin('GET', '/api/v1/certificates/wild/status?wait=true')
        expect(body.generation.state, JSON.stringify(body.generation)).to.not.equal('failed')
        return body.status === 'active'
      }, 'it is issued')
      const resolver = new Resolver()
      resolver.setServers([bind.server])
      const left = await resolver.resolveTxt('_acme-challenge.example.net').catch(error => error.code)
      expect(left).to.be.oneOf(['ENOTFOUND', 'ENODATA'])
    })

    it('says what the server refused', async () => {
      const provider = dnsProvider(readConfig({...environment, RFC2136_TSIG_SECRET: 'd3Jvbmc='}))
      const error = await provider.add('_acme-challenge.example.net', 'x').then(
        () => undefined,
        (one: Error) => one,
      )
      expect(error?.message).to.include('NOTAUTH')
      const away = dnsProvider(readConfig({...environment, RFC2136_ZONE: 'example.org'}))
      const refused = await away.add('_acme-challenge.example.org', 'x').then(
        () => undefined,
        (one: Error) => one,
      )
      expect(refused?.message).to.match(/NOTAUTH|REFUSED/)
    })
  })

  describe('by the Cloudflare API', () => {
    const records = new Map<string, {type: string; name: string; content: string}>()
    let server: Server
    let url: string

    before(async () => {
      let next = 0
      const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
        const answer = (status: number, result: unknown, message?: string): void => {
          const errors = message === undefined ? [] : [{code: 10000, message}]
          response.writeHead(status, {'content-type': 'application/json'})
          response.end(JSON.stringify({success: status < 300, errors, result}))
        }
        const {pathname, searchParams} = new URL(request.url ?? '/', 'http://localhost')
        if (request.headers.authorization !== 'Bearer good') return answer(403, null, 'Authentication error')
        let body = ''
        for await (const chunk of request) body += chunk
        if (pathname === '/zones')
          return answer(200, searchParams.get('name') === 'example.org' ? [{id: 'z1'}] : [])
        const id = /^\/zones\/z1\/dns_records\/(.+)$/.exec(pathname)?.[1]
        if (id !== undefined && request.method === 'DELETE') return answer(200, records.delete(id))
        if (request.method === 'POST') {
          records.set(`r${++next}`, JSON.parse(body))
          return answer(200, {id: `r${next}`})
        }
        const found = [...records].filter(([, one]) => one.name === searchParams.get('name'))
        answer(
          200,
          found.map(([key, one]) => ({id: key, ...one})),
        )
      }
      server = createServer((request, response) => void serve(request, response))
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    })

    after(() => {
      server.closeAllConnections()
      server.close()
    })

    const provider = (token: string): ReturnType<typeof dnsProvider> =>
      dnsProvider(
        readConfig({
          ACME_DNS_PROVIDER: 'cloudflare',
          CLOUDFLARE_API_URL: url,
          CLOUDFLARE_API_TOKEN: token,
        }),
      )

    it('adds a TXT record beside others in the zone of the name, and removes that one alone', async () => {
      await provider('good').add('_acme-challenge.a.b.example.org', 'one')
      await provider('good').add('_acme-challenge.a.b.example.org', 'two')
      expect([...records.values()].map(({content}) => content)).to.deep.equal(['"one"', '"two"'])
      await provider('good').remove('_acme-challenge.a.b.example.org', 'one')
      expect([...records.values()].map(({content}) => content)).to.deep.equal(['"two"'])
    })

    it('says what Cloudflare says', async () => {
      const error = await provider('bad')
        .add('_acme-challenge.a.example.org', 'x')
        .then(
          () => undefined,
          (one: Error) => one,
        )
      expect(error?.message).to.include('Authentication error (10000)')
    })
  })
})
