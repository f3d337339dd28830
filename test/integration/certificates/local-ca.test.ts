// The CA of this mcpx, as OpenSSL sees it.
import {execFileSync} from 'node:child_process'
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect} from 'chai'
import {startServer, type TestServer} from '../../support/server.ts'

describe('the local CA', function () {
  this.timeout(60_000)
  let server: TestServer
  before(async () => {
    server = await startServer()
  })
  after(() => server.stop())

  it('says where its list of revoked certificates is, with which a certificate is verified', async () => {
    const api = async (path: string) => {
      const headers = {authorization: `Bearer ${server.adminToken}`}
      return (await fetch(`${server.url}/api/v1/certificates/${path}`, {headers})).json() as Promise<
        Record<string, string>
      >
    }
    const {fullchain_pem = ''} = await api('localhost/status?wait=true')
    const {certificate_pem = ''} = await api('ca')
    const file = (name: string, content: string | Buffer): string => {
      writeFileSync(join(server.home, name), content)
      return join(server.home, name)
    }
    const openssl = (...words: string[]): string => execFileSync('openssl', words, {encoding: 'utf8'})
    const leaf = file('leaf.pem', fullchain_pem)
    const [url = ''] = /http:\/\/\S+\.crl/.exec(openssl('x509', '-in', leaf, '-noout', '-text')) ?? []
    expect(url).to.equal(`${server.url}/.mcpx/ca.crl`)
    const answer = await fetch(url)
    expect(answer.headers.get('content-type')).to.equal('application/pkix-crl')
    const crl = file('ca.crl', Buffer.from(await answer.arrayBuffer()))
    expect(openssl('crl', '-inform', 'DER', '-in', crl, '-noout', '-text')).to.match(
      /CRL Number[^]*No Revoked Certificates/,
    )
    const list = file('ca.crl.pem', openssl('crl', '-inform', 'DER', '-in', crl))
    const root = file('root.pem', certificate_pem)
    expect(openssl('verify', '-crl_check', '-CAfile', root, '-CRLfile', list, leaf)).to.contain('OK')
  })
})
