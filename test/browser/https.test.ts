// HTTPS by the local CA as a browser sees it: pages, WebSockets beside HTTP/2, and a login to the demo with `__Host-` cookies.
import {execFileSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {once} from 'node:events'
import {mkdirSync, mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {createServer, type Server} from 'node:http'
import type {AddressInfo, Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {getCACertificates, setDefaultCACertificates} from 'node:tls'
import {expect} from 'chai'
import type {Browser} from 'playwright-core'
import {openBrowser} from '../support/browser.ts'
import {freePort} from '../support/free-port.ts'
import {type Github, startGithub} from '../support/github.ts'
import {HttpsServer} from '../support/https-server.ts'
import {connectWithLogin, Keeper} from '../support/oauth-clients.ts'

/** A page that says over a WebSocket what it is asked by one (RFC 6455): each message comes back. */
async function startEcho(): Promise<Server> {
  const server = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>over HTTPS</title>'),
  )
  server.on('upgrade', (request, socket: Socket) => {
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
    const accept = createHash('sha1').update(key).digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
    socket.on('error', () => socket.destroy())
    socket.on('data', (frame: Buffer) => {
      const length = (frame[1] as number) & 0x7f
      if (frame[0] !== 0x81 || length > 125) return socket.destroy()
      const text = Buffer.from(frame.subarray(6, 6 + length))
      for (let index = 0; index < length; index++)
        text[index] = (text[index] as number) ^ (frame[2 + (index % 4)] as number)
      return socket.write(Buffer.concat([Buffer.from([0x81, length]), text]))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

describe('HTTPS in a browser', function () {
  this.timeout(60_000)
  const trusted = getCACertificates('default')
  let home: string
  let echo: Server
  let github: Github
  let mcpx: HttpsServer
  let browser: Browser
  let origin: string

  before(async () => {
    echo = await startEcho()
    github = await startGithub({id: 7, login: 'octo', name: 'Octo'})
    origin = `https://localhost:${await freePort()}`
    mcpx = await HttpsServer.start({
      env: {
        HTTPS_PORT: new URL(origin).port,
        OAUTH_ISSUER: origin,
        ...github.environment,
        OAUTH_ALLOWED_GITHUB_USERS: 'octo',
      },
    })
    await mcpx.api('POST', '/proxy/targets', {hostname: 'echo.localhost', target_url: urlOf(echo)})
    await mcpx.settled('echo.localhost')
    await mcpx.settled('localhost')
    home = mkdtempSync(join(tmpdir(), 'mcpx-chromium-'))
    const database = ['-d', `sql:${home}/.pki/nssdb`]
    mkdirSync(join(home, '.pki/nssdb'), {recursive: true})
    execFileSync('certutil', ['-N', '--empty-password', ...database])
    execFileSync('certutil', ['-A', '-t', 'C,,', '-n', 'mcpx', '-i', mcpx.root, ...database])
    browser = await openBrowser({HOME: home})
    setDefaultCACertificates([...trusted, readFileSync(mcpx.root, 'utf8')])
  })

  after(async () => {
    setDefaultCACertificates(trusted)
    await browser?.close()
    await mcpx?.stop()
    await github?.close()
    echo?.closeAllConnections()
    echo?.close()
    rmSync(home, {recursive: true, force: true})
  })

  const site = (): string => `https://echo.localhost:${new URL(origin).port}`

  it('loads a page over HTTP/2 that the browser trusts', async () => {
    const page = await browser.newPage()
    const answer = await page.goto(site())
    expect(await page.title()).to.equal('over HTTPS')
    expect((await answer?.securityDetails())?.protocol).to.equal('TLS 1.3')
    expect(
      await page.evaluate(
        () => (performance.getEntriesByType('navigation')[0] as PerformanceResourceTiming).nextHopProtocol,
      ),
    ).to.equal('h2')
    await page.close()
  })

  it('opens WebSockets beside HTTP/2', async () => {
    const page = await browser.newPage()
    await page.goto(site())
    const heard = await page.evaluate(
      () =>
        new Promise(resolve => {
          const socket = new WebSocket(`${location.origin.replace('https', 'wss')}/chat`)
          socket.onopen = () => socket.send('over TLS')
          socket.onmessage = ({data}) => resolve(data)
          socket.onclose = ({code}) => resolve(`closed ${code}`)
        }),
    )
    expect(heard).to.equal('over TLS')
    await page.close()
  })

  it('logs in to the demo, with cookies that only this host and HTTPS ever get', async () => {
    await mcpx.api('POST', '/demo')
    const url = `https://127.0.0.1:${new URL(origin).port}/echo-stateful/mcp`
    const made = await mcpx.api('POST', '/resources', {uri: url, proxy_target: '127.0.0.1'})
    expect(made.status, JSON.stringify(made.body)).to.be.oneOf([200, 201])
    await mcpx.api('POST', '/proxy/targets/127.0.0.1/auth', {})
    const {promise, resolve} = Promise.withResolvers<URL>()
    const program = createServer((request, response) => {
      response.end('done')
      resolve(new URL(request.url ?? '/', urlOf(program)))
    }).listen(0, '127.0.0.1')
    await once(program, 'listening')
    const context = await browser.newContext()
    const page = await context.newPage()
    try {
      const client = await connectWithLogin('v1', url, new Keeper(`${urlOf(program)}/callback`), async to => {
        expect(to.origin).to.equal(origin)
        await page.goto(to.href)
        await page.getByRole('button', {name: /GitHub/}).click()
        await page.getByRole('button', {name: 'Allow'}).click()
        return promise
      })
      expect(await client.tools()).to.include('echo')
      await client.close()
      const cookies = (await context.cookies(origin)).filter(({name}) => name.includes('mcpx'))
      expect(cookies.map(({name}) => name)).to.include('__Host-mcpx-login')
      for (const {name, secure, httpOnly} of cookies) {
        expect(name).to.match(/^__(Host|Secure)-/)
        expect([secure, httpOnly]).to.deep.equal([true, true])
      }
    } finally {
      await context.close()
      program.closeAllConnections()
      program.close()
    }
  })
})
