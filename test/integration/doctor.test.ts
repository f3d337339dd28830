// What mcpx doctor finds, with each thing really wrong.
import {createServer, request, type Server} from 'node:http'
import {type AddressInfo, createServer as createTcpServer} from 'node:net'
import {expect} from 'chai'
import {makeCa, makeKey, signLeaf} from '../../src/server/certificates/x509-maker.ts'
import {startApi, type TestApi} from '../support/api.ts'
import {type Cli, openCli} from '../support/cli.ts'

interface Check {
  check: string
  status: string
  detail: string
  remedy?: string
}

const portOf = (server: {address(): unknown}): number => (server.address() as AddressInfo).port

describe('mcpx doctor', function () {
  this.timeout(60_000)
  let cli: Cli
  const examined = async (
    env: Record<string, string>,
  ): Promise<{code: number | null; found: Map<string, Check>}> => {
    const {code, stdout, stderr} = await cli.run(['doctor', '--json'], {env})
    expect(stderr).to.equal('')
    const {items} = JSON.parse(stdout) as {items: Check[]}
    return {code, found: new Map(items.map(one => [one.check, one]))}
  }
  const says = (found: Map<string, Check>, check: string, status: string, remedy = ''): void => {
    const one = found.get(check)
    expect(one, `${check} among ${[...found.keys()].join(', ')}`).to.include({status})
    expect(one?.remedy ?? '', check).to.contain(remedy)
  }

  before(() => {
    cli = openCli()
  })
  after(() => cli.close())

  it('finds what keeps a server from starting: Redis, Docker, DNS and ports', async () => {
    const taken = createTcpServer()
    await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
    try {
      const {code, found} = await examined({
        MCPX_URL: 'http://localhost:4',
        REDIS_URL: 'redis://127.0.0.1:9',
        DOCKER_HOST: 'unix:///nonexistent/docker.sock',
        BASE_DOMAIN: 'mcpx.invalid',
        BIND_ADDRESS: '127.0.0.1',
        HTTP_PORT: String(portOf(taken)),
      })
      expect(code).to.equal(1)
      says(found, 'server', 'failure', 'mcpx serve')
      says(found, 'configuration', 'ok')
      says(found, 'Redis', 'failure', 'REDIS_URL')
      says(found, 'Docker', 'warning', 'DOCKER_HOST')
      says(found, 'DNS', 'failure', 'add an A or AAAA record for mcpx.invalid')
      says(found, `port ${portOf(taken)}`, 'failure', 'ss -ltnp')
    } finally {
      taken.close()
    }
  })

  it('finds settings that cannot be used', async () => {
    const {code, found} = await examined({MCPX_URL: 'http://localhost:4', HTTP_PORT: 'none'})
    expect(code).to.equal(1)
    says(found, 'configuration', 'failure', 'docs/configuration.md')
    expect(found.get('configuration')?.detail).to.contain('HTTP_PORT')
  })

  describe('looks at a server', () => {
    let api: TestApi
    let late: Server

    before(async () => {
      api = await startApi({
        OAUTH_ISSUER: 'http://127.0.0.1:9',
        DOCKER_HOST: 'unix:///nonexistent/of-server.sock',
      })
      const [key, ca] = [makeKey(), await makeCa('Test CA')]
      const leaf = await signLeaf(ca, ['late.example'], key, 0.006)
      const imported = await api.admin('POST', '/api/v1/certificates/import', {
        cert_name: 'late',
        fullchain_pem: leaf,
        private_key_pem: key,
      })
      expect(imported.status, JSON.stringify(imported.body)).to.equal(201)
      // The same server with a clock that is ten minutes behind.
      late = createServer((asked, answer) => {
        const {method, headers, url = '/'} = asked
        const onward = request(new URL(url, api.url), {method, headers}, answered => {
          const date = new Date(Date.now() - 600_000).toUTCString()
          answer.writeHead(answered.statusCode ?? 0, {...answered.headers, date})
          answered.pipe(answer)
        })
        asked.pipe(onward)
      })
      await new Promise<void>(resolve => late.listen(0, '127.0.0.1', resolve))
    })
    after(async () => {
      late.close()
      await api.close()
    })

    it('and finds its clock, version, certificates and issuer', async () => {
      const url = `http://127.0.0.1:${portOf(late)}`
      const {code, found} = await examined({MCPX_URL: url, MCPX_TOKEN: api.token})
      expect(code).to.equal(1)
      says(found, 'server', 'ok')
      says(found, 'version', 'warning', 'npx mcpx@0.0.0')
      says(found, 'token', 'ok')
      says(found, 'clock', 'failure', 'timedatectl')
      says(found, 'certificate late', 'warning', 'mcpx cert import late')
      says(found, 'issuer', 'failure', 'OAUTH_ISSUER')
      says(found, 'Docker', 'warning', 'DOCKER_HOST')
      expect(found.get('Docker')?.detail).to.contain('/nonexistent/of-server.sock')
    })

    it('and finds that its Redis is away, and blames nothing else for it', async () => {
      const cutOff = await startApi({}, {of: api.test})
      try {
        cutOff.test.store.redis.disconnect()
        const {code, found} = await examined({MCPX_URL: cutOff.url, MCPX_TOKEN: api.token})
        expect(code).to.equal(1)
        says(found, 'server', 'ok')
        says(found, 'server: redis', 'failure', 'start the Redis of the server')
        says(found, 'clock', 'ok')
        expect(found).not.to.have.any.keys('token', 'issuer', 'certificate late')
      } finally {
        await cutOff.close()
      }
    })

    it('and finds a token it does not know, in words for people', async () => {
      const env = {MCPX_URL: api.url, MCPX_TOKEN: 'acm_wrong'}
      const {code, stdout} = await cli.run(['doctor'], {env})
      expect(code).to.equal(1)
      expect(stdout).to.match(/^✗ token .+\n {4}→ .*mcpx login/m)
    })
  })
})
