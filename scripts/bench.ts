// `npm run bench`: CPU per request of nginx, caddy and mcpx in front of the same upstream, in interleaved rounds.
import {cpus} from 'node:os'
import {parseArgs} from 'node:util'
import {type Contender, startContenders, startGuarded} from './bench/contenders.ts'
import {type Cost, type Drive, plainScenarios, tlsScenarios} from './bench/drive.ts'
import {Stand} from './bench/stand.ts'

const {values: options} = parseArgs({
  options: {
    rounds: {type: 'string', default: '5'},
    seconds: {type: 'string', default: '4'},
    connections: {type: 'string', default: '64'},
    tls: {type: 'boolean', default: false},
    protected: {type: 'boolean', default: false},
    help: {type: 'boolean', default: false},
  },
})

const median = (numbers: number[]): number =>
  [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? 0

function compare(name: string, drive: Drive, contenders: Contender[], seconds: number): void {
  for (const contender of contenders) drive(contender, 1)
  const results = contenders.map(({name: contender}) => ({contender, costs: [] as Cost[]}))
  for (let round = 0; round < Number(options.rounds); round++)
    for (const [index, contender] of contenders.entries())
      results[index]?.costs.push(drive(contender, seconds))
  const summary = results.map(({contender, costs}) => ({
    contender,
    cpu: median(costs.map(({cpu}) => cpu)),
    rate: median(costs.map(({rate}) => rate)),
  }))
  // The last is what the others are compared with.
  const {contender: subject, cpu: own} = summary.at(-1) ?? {contender: '', cpu: 0}
  console.log(`\n${name}  CPU µs each (median)  a second  CPU of ${subject} as a share of it`)
  for (const {contender, cpu, rate} of summary)
    console.log(
      `${contender.padEnd(6)}${cpu.toFixed(1).padStart(16)}${rate.toFixed(0).padStart(20)}${(own / cpu).toFixed(2).padStart(12)}`,
    )
}

async function main(stand: Stand): Promise<void> {
  const contenders = options.protected ? await startGuarded(stand) : await startContenders(stand, options.tls)
  const parts = {stand, connections: Number(options.connections)}
  const scenarios = options.tls ? tlsScenarios(parts) : plainScenarios(parts)
  console.log(
    `${options.rounds} interleaved rounds of ${options.seconds} s, ${options.connections} connections, ${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}`,
  )
  for (const [name, drive] of scenarios) compare(name, drive, contenders, Number(options.seconds))
}

if (options.help)
  console.log('npm run bench -- [--tls | --protected] [--rounds 5] [--seconds 4] [--connections 64]')
else {
  const stand = new Stand()
  try {
    await main(stand)
  } finally {
    await stand.close()
  }
}
