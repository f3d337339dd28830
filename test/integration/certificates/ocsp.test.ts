// OCSP: a certificate whose CA offers it is served with the answer stapled; openssl signs what the responder answers.
import {once} from 'node:events'
import {readFileSync, writeFileSync} from 'node:fs'
import {createServer, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {join} from 'node:path'
import {buffer} from 'node:stream/consumers'
import {HttpsServer} from '../../support/https-server.ts'
import {type Pebble, startPebble} from '../../support/pebble.ts'
import {run} from '../../support/run.ts'
import {until} from '../../support/until.ts'

/** Calls every certificate of the CA good. */
async function answer(pebble: Pebble, question: Buffer): Promise<Buffer> {
  const place = (name: string): string => join(pebble.home, name)
  writeFileSync(place('ca.pem'), await pebble.managed('/intermediates/0'))
  writeFileSync(place('ca.key'), await pebble.managed('/intermediate-keys/0'))
  writeFileSync(place('question'), question)
  const {stdout} = await run('openssl', ['ocsp', '-reqin', place('question'), '-req_text'])
  const serial = /Serial Number: ([0-9A-F]+)/.exec(stdout)?.[1]
  writeFileSync(place('index'), `V\t490101000000Z\t\t${serial}\tunknown\t/CN=x\n`)
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

describe('OCSP', () => {
  let pebble: Pebble
  let responder: Server
  let mcpx: HttpsServer

  before(async () => {
    responder = createServer((request, response) => {
      response.setHeader('content-type', 'application/ocsp-response')
      void buffer(request)
        .then(question => answer(pebble, question))
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
