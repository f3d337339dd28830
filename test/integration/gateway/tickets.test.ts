// Session tickets on a Node whose undocumented hook is gone: the documented way is taken, and servers share sessions still.
import {randomBytes} from 'node:crypto'
import {once} from 'node:events'
import type {AddressInfo} from 'node:net'
import {connect, createServer, type Server} from 'node:tls'
import {expect} from 'chai'
import {makeSelfSigned} from '../../../src/server/certificates/x509-maker.ts'
import {useTicketKeys} from '../../../src/server/gateway/tickets.ts'

describe('session tickets without the hook', () => {
  const servers: Server[] = []
  const secret = randomBytes(48).toString('base64')

  /** As a Node would look that keeps its contexts elsewhere. */
  const withoutHook = (server: Server): Server =>
    new Proxy(server, {
      get(target, name) {
        if (name === '_sharedCreds') return undefined
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })

  before(async () => {
    const {certificate_pem: cert, key_pem: key} = await makeSelfSigned('tickets', 30)
    for (const keys of [secret, secret, randomBytes(48).toString('base64')]) {
      const server = createServer({cert, key, sessionIdContext: 'mcpx'}, socket => socket.end('hello'))
      useTicketKeys(withoutHook(server), keys)
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      servers.push(server)
    }
  })

  after(() => {
    for (const server of servers) server.close()
  })

  /** One connection to a server; answers whether `session` was taken, and the ticket given. */
  async function visit(
    index: number,
    version: 'TLSv1.2' | 'TLSv1.3',
    session?: Buffer,
  ): Promise<{reused: boolean; ticket: Buffer | undefined}> {
    const {port} = (servers[index] as Server).address() as AddressInfo
    const socket = connect({
      host: '127.0.0.1',
      port,
      minVersion: version,
      maxVersion: version,
      rejectUnauthorized: false,
      ...(session && {session}),
    })
    let ticket: Buffer | undefined
    let reused = false
    socket.on('session', given => {
      ticket = given
    })
    socket.once('secureConnect', () => {
      reused = socket.isSessionReused()
    })
    socket.resume()
    await once(socket, 'close')
    return {reused, ticket}
  }

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`are taken by every server that has the key, and by no other (${version})`, async () => {
      const {reused, ticket} = await visit(0, version)
      expect(reused).to.equal(false)
      expect((await visit(1, version, ticket)).reused).to.equal(true)
      expect((await visit(2, version, ticket)).reused).to.equal(false)
    })
  }
})
