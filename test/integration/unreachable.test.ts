// What is said of a server that cannot be spoken to: HTTP on a port of HTTPS, and certificates that are not trusted.
import {once} from 'node:events'
import {mkdirSync, writeFileSync} from 'node:fs'
import {createServer as createPlainServer, type RequestListener} from 'node:http'
import {createServer} from 'node:https'
import type {AddressInfo, Server} from 'node:net'
import {join} from 'node:path'
import {getCACertificates, setDefaultCACertificates} from 'node:tls'
import {expect} from 'chai'
import {connect} from '../../src/core/connect.ts'
import {proxyOperations} from '../../src/core/contract/proxy.ts'
import type {Problem} from '../../src/core/problem.ts'
import {makeCa, makeKey, makeSelfSigned, signLeaf} from '../../src/server/certificates/x509-maker.ts'
import {type Cli, openCli} from '../support/cli.ts'

const listing: RequestListener = (_, answer) => {
  answer.setHeader('content-type', 'application/json')
  answer.end('{"items": [], "next": null}')
}

interface Signed {
  cert: string
  key: string
  /** The CA that signed it. */
  root: string
}

async function signed(name: string, days = 1): Promise<Signed> {
  const ca = await makeCa('a CA of the test')
  const key = makeKey()
  return {cert: await signLeaf(ca, [name], key, days), key, root: ca.certificate_pem}
}

async function selfSigned(): Promise<Signed> {
  const {certificate_pem, key_pem} = await makeSelfSigned('localhost', 1)
  return {cert: certificate_pem, key: key_pem, root: certificate_pem}
}

describe('a server that cannot be spoken to', () => {
  let cli: Cli
  const servers: Server[] = []

  before(() => {
    cli = openCli()
  })
  afterEach(() => {
    for (const server of servers.splice(0)) server.close()
  })
  after(() => cli.close())

  /** Answers its port. */
  async function listening(server: Server): Promise<number> {
    servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }

  const secure = async ({cert, key}: Signed): Promise<string> =>
    `https://localhost:${await listening(createServer({cert, key}, listing))}`

  /** `mcpx proxy list` of the server of the current context. */
  function list(url: string, env: Record<string, string> = {}): ReturnType<Cli['run']> {
    const folder = join(cli.home, '.config', 'mcpx')
    mkdirSync(folder, {recursive: true})
    const kept = {current: 'there', contexts: {there: {url, token: 'acm_x'}}}
    writeFileSync(join(folder, 'contexts.json'), JSON.stringify(kept))
    return cli.run(['proxy', 'list'], {env})
  }

  const problemOf = (url: string): Promise<Problem> =>
    connect({url})
      .call(proxyOperations.list, {})
      .then(
        () => expect.fail('it was spoken to'),
        error => error as Problem,
      )

  it('is named with https when plain HTTP was spoken to its port of HTTPS', async () => {
    const url = await secure(await selfSigned())
    const {code, stdout, stderr} = await list(url.replace('https:', 'http:'))
    expect({code, stdout}).to.deep.equal({code: 1, stdout: ''})
    expect(stderr).to.contain(`No answer from ${url.replace('https:', 'http:')}: it closed the connection`)
    expect(stderr.replaceAll(/\s+/g, ' ')).to.contain(`if HTTPS is spoken there, say so: ${url}`)
  })

  it('is named with http when TLS was spoken to its port of plain HTTP', async () => {
    const port = await listening(createPlainServer(listing))
    const {message, hint} = await problemOf(`https://localhost:${port}`)
    expect(message).to.equal(`No answer from https://localhost:${port}: it does not speak TLS.`)
    expect(hint).to.equal(`plain HTTP is spoken there, it seems: http://localhost:${port}`)
  })

  for (const [what, made, code, sentence] of [
    ['of another CA', () => signed('localhost'), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'is not trusted'],
    ['signed by itself', selfSigned, 'DEPTH_ZERO_SELF_SIGNED_CERT', 'is signed by itself'],
  ] as const) {
    it(`with a certificate ${what} is not spoken to, and the remedy that is named works`, async () => {
      const material = await made()
      const url = await secure(material)
      const refused = await list(url)
      expect({code: refused.code, stdout: refused.stdout}).to.deep.equal({code: 1, stdout: ''})
      const said = refused.stderr.replaceAll(/\s+/g, ' ')
      expect(said).to.contain(`The certificate of ${url} ${sentence} (${code})`)
      expect(said).to.contain('NODE_EXTRA_CA_CERTS=')

      const file = join(cli.home, 'trusted.pem')
      writeFileSync(file, material.root)
      const trusting = await list(url, {NODE_EXTRA_CA_CERTS: file})
      expect(trusting.code, trusting.stderr).to.equal(0)
    })
  }

  it('with a certificate for other names is asked for by one of them', async () => {
    const material = await signed('mcpx.example')
    const trusted = getCACertificates('default')
    setDefaultCACertificates([...trusted, material.root])
    try {
      const {message, hint} = await problemOf(await secure(material))
      expect(message).to.contain('is for other names (ERR_TLS_CERT_ALTNAME_INVALID)')
      expect(hint).to.contain('BASE_DOMAIN')
    } finally {
      setDefaultCACertificates(trusted)
    }
  })

  it('with a certificate that has expired is told with the clock as what to look at', async () => {
    const {message, hint} = await problemOf(await secure(await signed('localhost', -1)))
    expect(message).to.contain('is not valid now (CERT_HAS_EXPIRED)')
    expect(hint).to.contain('clock')
  })
})
