// `node scripts/renewals.ts [COUNT]`: renews that many certificates at once at Pebble, under requests. Figures for docs/performance.md.
import {renewMany} from '../test/support/renewals.ts'

const count = Number(process.argv[2] ?? 1000)
const {issued, renewed, requests, failures, seen} = await renewMany(count, text => console.error(text))
console.log(
  `${count} certificates: issued in ${issued.toFixed(0)} s, renewed in ${renewed.toFixed(0)} s; ${requests} requests meanwhile, ${failures.length} failed, ${seen} certificates of their host seen`,
)
for (const failure of new Set(failures)) console.log(failure)
process.exitCode = failures.length === 0 ? 0 : 1
