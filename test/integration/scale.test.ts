// A large table costs a request no more than a small one.
import {expect} from 'chai'
import {match} from '../../src/core/routing/match.ts'
import {Snapshot} from '../../src/core/routing/snapshot.ts'
import {proxyRecord, routeRecord} from '../support/examples.ts'
import {openTestStore, type TestStore} from '../support/redis.ts'

/** A snapshot of `hosts` proxies with `each` routes, loaded from Redis. */
async function load(test: TestStore, hosts: number, each: number): Promise<Snapshot> {
  const pipeline = test.store.redis.pipeline()
  for (let host = 0; host < hosts; host++) {
    pipeline.hset(
      `${test.store.prefix}proxy`,
      `h${host}.example`,
      `1\n${JSON.stringify(proxyRecord(`h${host}.example`))}`,
    )
    for (let route = 0; route < each; route++) {
      const record = routeRecord(`r${host}-${route}`, {
        hosts: [`h${host}.example`],
        path_pattern: `/p${route}`,
      })
      pipeline.hset(`${test.store.prefix}route`, record.route_id, `1\n${JSON.stringify(record)}`)
    }
  }
  await pipeline.exec()
  const snapshot = new Snapshot(test.records)
  await snapshot.load(1)
  return snapshot
}

/** Nanoseconds a match takes, over hosts and paths in turn. */
function cost(snapshot: Snapshot, hosts: number): number {
  const rounds = 40_000
  const start = process.hrtime.bigint()
  for (let index = 0; index < rounds; index++) {
    const asked = {
      host: `h${(index * 7919) % hosts}.example`,
      method: 'POST',
      target: `/p${index % 10}/mcp?x=1`,
      loopback: true,
    }
    if (!match(snapshot, asked, {baseDomain: undefined}).route) throw new Error('no route')
  }
  return Number(process.hrtime.bigint() - start) / rounds
}

const median = (numbers: number[]): number =>
  [...numbers].sort((one, other) => one - other)[numbers.length >> 1] ?? 0

describe('a large table', () => {
  const opened: TestStore[] = []
  afterEach(() => Promise.all(opened.map(test => test.close())))

  it('is looked up, not searched: 10,000 proxies and 100,000 routes cost a request a few microseconds more than ten', async function () {
    this.timeout(60_000)
    opened.push(await openTestStore(), await openTestStore())
    const [few, many] = opened as [TestStore, TestStore]
    const small = await load(few, 10, 10)
    const large = await load(many, 10_000, 10)
    expect(large.routes.size).to.equal(100_000)
    const times = Array.from({length: 7}, () => [cost(small, 10), cost(large, 10_000)] as const)
    const ratio = median(times.map(([, one]) => one)) / median(times.map(([one]) => one))
    // A match among many takes about 4 µs (each host at random, so every look-up misses the processor's caches), one
    // among few 0.5 µs; a table that was searched would take thousands of times as long.
    expect(ratio).to.be.below(25)
  })
})
