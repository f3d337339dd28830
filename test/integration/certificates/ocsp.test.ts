// What a CA says of its certificates later on: by OCSP, which is stapled, and by its list; openssl signs both.
import {once} from 'node:events'
import {readFileSync, writeFileSync} from 'node:fs'
import {createServer, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {join} from 'node:path'
import {buffer} from 'node:stream/consumers'
import {expect} from 'chai'
import type {StoredCertificate} from '../../../src/core/store/records.ts'
import {type Answer, startApi, type TestApi} from '../../support/api.ts'
import {HttpsServer} from '../../support/https-server.ts'
import {type Pebble, startPebble} from '../../support/pebble.ts'
import {run} from '../../support/run.ts'
import {until} from '../../support/until.ts'

/** Calls a certificate of the CA good, or revoked where its serial number is among those. */
async function answer(pebble: Pebble, question: Buffer, revoked: ReadonlySet<string>): Promise<Buffer> {
  const place = (name: string): string => join(pebble.home, name)
  writeFileSync(place('ca.pem'), await pebble.managed('/intermediates/0'))
  writeFileSync(place('ca.key'), await pebble.managed('/intermediate-keys/0'))
  writeFileSync(place('question'), question)
  const {stdout} = await run('openssl', ['ocsp', '-reqin', place('question'), '-req_text'])
  const serial = /Serial Number: ([0-9A-F]+)/.exec(stdout)?.[1] as string
  const state = revoked.has(serial.toLowerCase()) ? 'R\t490101000000Z\t260101000000Z' : 'V\t490101000000Z\t'
  writeFileSync(place('index'), `${state}\t${serial}\tunknown\t/CN=x\n`)
  await run('openssl', [
    'ocsp',
    '-index',
    place('index'),
    '-CA',
    place('ca.pem'),
    '-rsigner',
    place('ca.pem'),
    '-rkey',
    place('ca.key'),
    '-reqin',
    place('question'),
    '-respout',
    place('answer'),
    '-ndays',
    '1',
  ])
  return readFileSync(place('answer'))
}

/** A chain whose leaf points at `url`, and the list of its CA that names the leaf, in DER. */
async function revokedChain(directory: string, url: string): Promise<{chain: string; list: Buffer}> {
  const openssl = async (...args: string[]): Promise<void> => {
    const {code, stderr} = await run('openssl', args)
    if (code !== 0) throw new Error(stderr)
  }
  const place = (name: string): string => join(directory, name)
  writeFileSync(place('index'), '')
  writeFileSync(
    place('ca.cnf'),
    `[ca]\ndefault_ca=d\n[d]\ndatabase=${place('index')}\ndefault_md=sha256\ncertificate=${place('ca.pem')}\nprivate_key=${place('ca.key')}\n`,
  )
  writeFileSync(place('ext'), `crlDistributionPoints=URI:${url}\nsubjectAltName=DNS:listed.example.com\n`)
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  await openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    place('ca.key'),
    '-out',
    place('ca.pem'),
    '-subj',
    '/CN=ca',
  )
  await openssl(
    'req',
    '-new',
    ...key,
    '-keyout',
    place('leaf.key'),
    '-out',
    place('csr'),
    '-subj',
    '/CN=leaf',
  )
  const ca = ['-CA', place('ca.pem'), '-CAkey', place('ca.key'), '-CAcreateserial']
  await openssl(
    'x509',
    '-req',
    '-in',
    place('csr'),
    ...ca,
    '-extfile',
    place('ext'),
    '-out',
    place('leaf.pem'),
  )
  await openssl('ca', '-config', place('ca.cnf'), '-revoke', place('leaf.pem'))
  await openssl('ca', '-config', place('ca.cnf'), '-gencrl', '-crldays', '1', '-out', place('crl.pem'))
  await openssl('crl', '-in', place('crl.pem'), '-outform', 'DER', '-out', place('crl.der'))
  const chain = readFileSync(place('leaf.pem'), 'utf8') + readFileSync(place('ca.pem'), 'utf8')
  return {chain, list: readFileSync(place('crl.der'))}
}

describe('OCSP', () => {
  let pebble: Pebble
  let responder: Server
  let mcpx: HttpsServer

  before(async () => {
    responder = createServer((request, response) => {
      response.setHeader('content-type', 'application/ocsp-response')
      void buffer(request)
        .then(question => answer(pebble, question, new Set()))
        .then(bytes => response.end(bytes))
    })
    responder.listen(0, '127.0.0.1')
    await once(responder, 'listening')
    pebble = await startPebble({ocspUrl: `http://127.0.0.1:${(responder.address() as AddressInfo).port}`})
    const env = {HTTP_PORT: String(pebble.httpPort), HTTPS_PORT: String(pebble.tlsPort), WORKERS: '1'}
    mcpx = await HttpsServer.start({env: {...pebble.environment, ...env}})
  })

  after(async () => {
    await mcpx.stop()
    responder.closeAllConnections()
    responder.close()
    await pebble.stop()
  })

  it('is stapled where the CA offers it', async () => {
    await mcpx.api('POST', '/certificates', {cert_name: 'stapled', domain: 'stapled.example.com'})
    await mcpx.settled('stapled')
    const {httpsPort} = mcpx
    const shown = ['-connect', `127.0.0.1:${httpsPort}`, '-servername', 'stapled.example.com', '-status']
    await until(
      async () => {
        const {stdout} = await run('openssl', ['s_client', ...shown])
        return stdout.includes('OCSP Response Status: successful') && stdout.includes('Cert Status: good')
      },
      'the answer is stapled',
      10_000,
      300,
    )
  })
})

describe('a certificate that the CA revokes', () => {
  const revoked = new Set<string>()
  let pebble: Pebble
  let ca: Server
  let api: TestApi
  let url: string
  let list: Buffer = Buffer.alloc(0)

  before(async () => {
    ca = createServer((request, response) => {
      const asked = buffer(request)
      const found = request.url === '/list' ? list : asked.then(question => answer(pebble, question, revoked))
      void Promise.resolve(found).then(bytes => response.end(bytes))
    })
    ca.listen(0, '127.0.0.1')
    await once(ca, 'listening')
    url = `http://127.0.0.1:${(ca.address() as AddressInfo).port}`
    pebble = await startPebble({ocspUrl: url})
    api = await startApi(pebble.environment, {port: pebble.httpPort})
  })

  after(async () => {
    await api.close()
    ca.closeAllConnections()
    ca.close()
    await pebble.stop()
  })

  const show = async (name: string): Promise<Answer['body']> =>
    (await api.admin('GET', `/api/v1/certificates/${name}`)).body
  const issued = async (name: string): Promise<Answer['body']> => {
    await api.admin('POST', '/api/v1/certificates', {cert_name: name, domain: `${name}.example.com`})
    await until(async () => (await show(name)).status === 'active', 'it is issued', 20_000)
    await until(
      async () => (await api.test.records.certificate.get(name))?.ocsp !== undefined,
      'the CA calls it good',
      20_000,
    )
    return show(name)
  }
  /** As if it had been issued long ago, and the CA were asked now. */
  const askAgain = (name: string, more: Partial<StoredCertificate> = {}): Promise<unknown> =>
    api.test.records.certificate.update(name, current => ({
      ...current,
      ...more,
      ocsp_next: new Date(0).toISOString(),
      generation: {...current.generation, started_at: new Date(0).toISOString()},
    }))
  const replaced = (name: string, fingerprint: string): Promise<void> =>
    until(
      async () => {
        const record = await show(name)
        return record.fingerprint !== fingerprint && record.generation.state === 'completed'
      },
      'there is a new one',
      20_000,
    )

  it('is replaced when OCSP says so, and kept while it does not', async () => {
    const first = await issued('asked')
    await askAgain('asked')
    await until(
      async () => Date.parse((await api.test.records.certificate.get('asked'))?.ocsp_next ?? '') > Date.now(),
      'it was asked for',
      20_000,
    )
    expect((await show('asked')).fingerprint).to.equal(first.fingerprint)
    revoked.add(first.serial.replace(/^0+/, '')).add(first.serial)
    await askAgain('asked')
    await replaced('asked', first.fingerprint)
  })

  it("is replaced when it stands in the CA's list", async () => {
    const first = await issued('listed')
    const made = await revokedChain(pebble.home, `${url}/list`)
    list = made.list
    await askAgain('listed', {fullchain_pem: made.chain})
    await replaced('listed', first.fingerprint)
  })
})
