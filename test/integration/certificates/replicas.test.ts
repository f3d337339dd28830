// Two replicas on one Redis: a killed leader's order is taken over, and challenges are answered by whoever is asked.
import {randomBytes} from 'node:crypto'
import {expect} from 'chai'
import {HttpsServer} from '../../support/https-server.ts'
import {type OwnRedis, ownRedis} from '../../support/own-redis.ts'
import {type Pebble, startPebble} from '../../support/pebble.ts'
import {pidsOf} from '../../support/processes.ts'
import {until} from '../../support/until.ts'

describe('certificates of two replicas', () => {
  let pebble: Pebble
  let redis: OwnRedis
  let leader: HttpsServer
  let other: HttpsServer

  before(async () => {
    // It checks names late, so that there is a middle of an order to be killed in.
    pebble = await startPebble({env: {PEBBLE_VA_NOSLEEP: '0', PEBBLE_VA_SLEEPTIME: '4'}})
    redis = await ownRedis()
    const env = {
      ...pebble.environment,
      REDIS_URL: redis.url,
      MCPX_SECRET_KEY: randomBytes(32).toString('base64'),
      ADMIN_TOKEN: 'a-token-for-both-replicas',
      WORKERS: '1',
    }
    leader = await HttpsServer.start({env})
    other = await HttpsServer.start({env: {...env, HTTP_PORT: String(pebble.httpPort)}})
  })

  after(async () => {
    await other.stop()
    await leader.stop()
    await redis.close()
    await pebble.stop()
  })

  it('takes over what a killed leader left in the middle of an order', async () => {
    await leader.api('POST', '/certificates', {cert_name: 'orphan', domain: 'orphan.example.com'})
    await until(
      async () => (await other.api('GET', '/certificates/orphan')).body.generation.step === 'validation',
      'the CA checks the name',
    )
    const order = (await other.api('GET', '/certificates/orphan')).body.generation.order_url
    const pid = leader.server.process.pid as number
    const [control] = pidsOf(pid, /child\.ts control|mcpx control/)
    process.kill(pid, 'SIGSTOP')
    process.kill(control as number, 'SIGKILL')
    let resumed = ''
    await until(
      async () => {
        const {generation, status} = (await other.api('GET', '/certificates/orphan')).body
        if (generation.detail.startsWith('goes on')) resumed = generation.order_url ?? resumed
        expect(generation.state, JSON.stringify(generation)).to.not.equal('failed')
        return status === 'active'
      },
      'the other replica finishes',
      60_000,
      20,
    )
    expect(resumed).to.be.oneOf(['', order])
    process.kill(pid, 'SIGCONT')
  }).timeout(90_000)
})
