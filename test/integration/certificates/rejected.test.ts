// Names that the real Pebble checks and rejects: its words, what to do, the next try, and success once it is mended.
import {once} from 'node:events'
import {createServer, type Server} from 'node:http'
import {expect} from 'chai'
import {type Answer, startApi, type TestApi} from '../../support/api.ts'
import {type Pebble, startPebble} from '../../support/pebble.ts'

describe('a name that the CA rejects', () => {
  let pebble: Pebble
  let api: TestApi
  let other: Server

  before(async () => {
    pebble = await startPebble()
    // The preflight would have seen it: the CA is not asked for what cannot succeed.
    api = await startApi({...pebble.environment, ACME_PREFLIGHT: 'off'}, {port: pebble.httpPort})
    other = createServer((_request, response) => response.end('somebody else')).listen(
      pebble.httpPort,
      '127.0.0.8',
    )
    await once(other, 'listening')
  })

  after(async () => {
    other.close()
    await api.close()
    await pebble.stop()
  })

  const settled = async (name: string): Promise<Answer['body']> => {
    for (;;) {
      const {body} = await api.admin('GET', `/api/v1/certificates/${name}/status?wait=true`)
      if (['completed', 'failed'].includes(body.generation?.state)) return body
    }
  }

  for (const [name, address, kind, words, remedy] of [
    ['closed', '127.0.0.9', 'connection', /refused/, /firewall/],
    ['other', '127.0.0.8', 'unauthorized', /somebody else|correct value/, /nothing may answer/],
  ] as const) {
    it(`is shown with the CA's document (${kind}), a remedy and the next try`, async () => {
      const domain = `${name}.example.com`
      await pebble.dns('add-a', {host: `${domain}.`, addresses: [address]})
      await api.admin('POST', '/api/v1/certificates', {cert_name: name, domain})
      const {generation, status} = await settled(name)
      expect([status, generation.step]).to.deep.equal(['failed', 'validation'])
      expect(generation.problem).to.deep.include({
        type: `urn:ietf:params:acme:error:${kind}`,
        identifier: {type: 'dns', value: domain},
      })
      expect(generation.problem.detail).to.match(words)
      expect(generation.remedy).to.match(remedy)
      const wait = (Date.parse(generation.next_try_at) - Date.parse(generation.started_at)) / 1000
      expect(wait).to.be.within(50, 120)
      await pebble.dns('clear-a', {host: `${domain}.`})
      await api.admin('POST', `/api/v1/certificates/${name}/renew?force=true`)
      expect((await settled(name)).status).to.equal('active')
    })
  }
})
