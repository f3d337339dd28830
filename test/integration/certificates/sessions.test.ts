// Session tickets over two replicas of two workers each: what one gives, each of them takes, before and after rotation.
import {randomBytes} from 'node:crypto'
import {connect, type TLSSocket} from 'node:tls'
import {expect} from 'chai'
import {openRecords} from '../../../src/core/store/records.ts'
import {Store} from '../../../src/core/store/store.ts'
import {HttpsServer} from '../../support/https-server.ts'
import {type OwnRedis, ownRedis} from '../../support/own-redis.ts'
import {run} from '../../support/run.ts'
import {until} from '../../support/until.ts'

const host = 'web.localhost'
const rounds = 12

describe('TLS sessions of two replicas', function () {
  this.timeout(60_000)
  let redis: OwnRedis
  let replicas: HttpsServer[]
  const secret = randomBytes(32).toString('base64')

  before(async () => {
    redis = await ownRedis()
    const env = {REDIS_URL: redis.url, MCPX_SECRET_KEY: secret, ADMIN_TOKEN: 'a-token-for-both-replicas'}
    replicas = [await HttpsServer.start({env}), await HttpsServer.start({env})]
    const [first] = replicas as [HttpsServer]
    const target_url = await first.upstream((_request, response) => response.end('hello'))
    await first.api('POST', '/proxy/targets', {hostname: host, target_url})
    await first.settled(host)
  })

  after(async () => {
    for (const replica of replicas) await replica.stop()
    await redis.close()
  })

  const port = (round: number): number => (replicas[round % 2] as HttpsServer).httpsPort

  /** One request by openssl; its session is read from and written to `file`. */
  const openssl = async (round: number, version: string, file: string, resume: boolean): Promise<boolean> => {
    const {stdout} = await run(
      'openssl',
      [
        's_client',
        '-connect',
        `127.0.0.1:${port(round)}`,
        '-servername',
        host,
        version,
        '-ign_eof',
        '-sess_out',
        file,
        ...(resume ? ['-sess_in', file] : []),
      ],
      `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    )
    expect(stdout).to.match(/^hello/m)
    return /^Reused, /m.test(stdout)
  }

  for (const version of ['-tls1_2', '-tls1_3']) {
    it(`resumes each ${version.slice(1)} session at whichever replica and worker`, async () => {
      const file = `${replicas[0]?.directory}/session${version}`
      expect(await openssl(0, version, file, false)).to.equal(false)
      let reused = 0
      for (let round = 1; round <= rounds; round++) {
        if (await openssl(round, version, file, true)) reused++
      }
      expect(reused).to.equal(rounds)
    })
  }

  /** A handshake of Node's client; `session` is the newest it was given, which TLS 1.3 clients use once. */
  const handshake = async (round: number, session?: Buffer): Promise<{reused: boolean; session: Buffer}> => {
    const socket: TLSSocket = connect({
      host: '127.0.0.1',
      port: port(round),
      servername: host,
      rejectUnauthorized: false,
      ...(session && {session}),
    })
    const {promise, resolve, reject} = Promise.withResolvers<Buffer>()
    socket.once('session', resolve).once('error', reject).resume()
    try {
      return {session: await promise, reused: socket.isSessionReused()}
    } finally {
      socket.destroy()
    }
  }

  it('gives a TLS 1.3 client a new ticket for each that it used', async () => {
    let {session, reused} = await handshake(0)
    expect(reused).to.equal(false)
    for (let round = 1; round <= rounds; round++) {
      ;({session, reused} = await handshake(round, session))
      expect(reused).to.equal(true)
    }
  })

  it('takes tickets of the key before, and gives tickets of the new one for them', async () => {
    const {session: old} = await handshake(0)
    const store = new Store({address: {url: redis.url}, secretKey: Buffer.from(secret, 'base64')})
    const {tls} = openRecords(store)
    const turn = async (): Promise<string> => {
      const before = (await tls.get('tickets'))?.secret as string
      const created_at = new Date(Date.now() - 25 * 3_600_000).toISOString()
      await tls.update('tickets', current => ({...current, created_at}))
      // The leader finds it too old at its next look.
      await until(async () => (await tls.get('tickets'))?.secret !== before, 'the key is turned', 20_000)
      return before
    }
    try {
      const first = Buffer.from(await turn(), 'base64').subarray(0, 48)
      const kept = Buffer.from((await tls.get('tickets'))?.secret as string, 'base64')
      expect(kept.subarray(48).equals(first)).to.equal(true)
      let session = old
      let reused = false
      await until(async () => {
        ;({session, reused} = await handshake(0, old))
        expect(reused).to.equal(true)
        // A ticket begins with the name of its key.
        return session.includes(kept.subarray(0, 16))
      }, 'the worker has the new key')
      await turn()
      for (let round = 1; round <= rounds; round++) {
        ;({session, reused} = await handshake(round, session))
        expect(reused).to.equal(true)
      }
      await until(
        async () => {
          const tried = await Promise.all([0, 1, 0, 1, 0, 1].map(round => handshake(round, old)))
          return tried.every(one => !one.reused)
        },
        'tickets of keys long gone cost a full handshake',
        5000,
      )
    } finally {
      await store.close()
    }
  })
})
