// `npm run bench`: CPU per request of nginx, caddy and mcpx in front of the same upstream, in interleaved rounds.
import {type ChildProcess, execFileSync, spawn} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {connect, createServer} from 'node:net'
import {cpus, tmpdir} from 'node:os'
import {join} from 'node:path'
import {parseArgs} from 'node:util'

const {values: options} = parseArgs({
  options: {
    rounds: {type: 'string', default: '5'},
    seconds: {type: 'string', default: '4'},
    connections: {type: 'string', default: '64'},
    protected: {type: 'boolean', default: false},
    help: {type: 'boolean', default: false},
  },
})

interface Contender {
  name: string
  url: string
  pid: number
  headers?: string[]
}

const scenarios = ['GET', 'POST'] as const
type Scenario = (typeof scenarios)[number]

const adminToken = 'bench-admin-token-0123456789'
const directory = mkdtempSync(join(tmpdir(), 'mcpx-bench-'))
const children: ChildProcess[] = []
const body = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  result: {content: [{type: 'text', text: 'x'.repeat(930)}]},
})
const call = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: {name: 'echo', arguments: {text: 'x'.repeat(920)}},
})

const write = (name: string, text: string): string => {
  writeFileSync(join(directory, name), text)
  return join(directory, name)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

/** Start a program on one core and wait until its port accepts. */
async function start(
  core: number,
  port: number,
  command: string,
  args: string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<number> {
  const child = spawn('taskset', ['-c', String(core), command, ...args], {
    stdio: ['ignore', 'ignore', 'ignore'],
    env: {...process.env, ...environment},
  })
  children.push(child)
  for (const end = Date.now() + 20_000; ; ) {
    const open = await new Promise<boolean>(resolve => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (open) return child.pid ?? 0
    if (child.exitCode !== null || Date.now() > end)
      throw new Error(`${command} did not start; install what is missing: apt-get install -y nginx caddy wrk`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

const nginxConfig = (name: string, server: string): string =>
  write(
    `${name}.conf`,
    `daemon off; worker_processes 1; pid ${directory}/${name}.pid; error_log /dev/null;
events { worker_connections 4096; }
http { access_log off; keepalive_requests 1000000000; client_body_temp_path ${directory}/${name}-body; proxy_temp_path ${directory}/${name}-proxy; fastcgi_temp_path ${directory}/f; uwsgi_temp_path ${directory}/u; scgi_temp_path ${directory}/s;
${server} }`,
  )

/** One process of mcpx: a host that is open, and one behind a login that the caller has passed. */
async function startGuarded(): Promise<Contender[]> {
  const [upstream, mcpx] = await Promise.all([freePort(), freePort()])
  await startUpstream(upstream)
  const pid = await startMcpx(mcpx, {OAUTH_CLIENT_CREDENTIALS: 'on'})
  const origin = `http://localhost:${mcpx}`
  const resource = `http://guarded.localhost:${mcpx}/mcp`
  await publish(origin, upstream)
  await api(origin, '/proxy/targets/127.0.0.1/mcp', {public: true})
  await publish(origin, upstream, 'guarded.localhost')
  await api(origin, '/proxy/targets/guarded.localhost/mcp', {})
  const {client_id, client_secret} = await api(origin, '/oauth/clients', {
    client_name: 'bench',
    grant_types: ['client_credentials'],
  })
  const response = await fetch(`${origin}/token`, {
    method: 'POST',
    headers: {authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`},
    body: new URLSearchParams({grant_type: 'client_credentials', resource}),
  })
  const {access_token} = (await response.json()) as {access_token: string}
  if (!access_token) throw new Error('mcpx gave no access token')
  const url = `http://127.0.0.1:${mcpx}/mcp`
  const bearer = `Authorization: Bearer ${access_token}`
  return [
    {name: 'open', url, pid, headers: [bearer]},
    {name: 'guarded', url, pid, headers: [`Host: guarded.localhost:${mcpx}`, bearer]},
  ]
}

async function startUpstream(port: number): Promise<void> {
  const server = `server { listen 127.0.0.1:${port}; location / { default_type application/json; return 200 '${body}'; } }`
  await start(Math.min(1, cpus().length - 1), port, 'nginx', ['-c', nginxConfig('upstream', server)])
}

function startMcpx(port: number, more: Record<string, string> = {}): Promise<number> {
  const environment = {
    HTTP_PORT: String(port),
    WORKERS: '1',
    LOG_LEVEL: 'warn',
    MCPX_DATA_DIR: join(directory, 'mcpx'),
    XDG_CONFIG_HOME: directory,
    ADMIN_TOKEN: adminToken,
    NODE_ENV: 'production',
    ...more,
  }
  return start(0, port, process.execPath, [join(import.meta.dirname, '../bin/run.js'), 'serve'], environment)
}

async function startContenders(): Promise<Contender[]> {
  const [upstream, nginx, caddy, mcpx] = await Promise.all([freePort(), freePort(), freePort(), freePort()])
  await startUpstream(upstream)
  const proxied = `upstream up { server 127.0.0.1:${upstream}; keepalive 256; keepalive_requests 1000000000; }
server { listen 127.0.0.1:${nginx}; location / { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host; proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto $scheme; proxy_pass http://up; } }`
  const nginxPid = await start(0, nginx, 'nginx', ['-c', nginxConfig('nginx', proxied)])
  const caddyfile = write(
    'Caddyfile',
    `{\n admin off\n auto_https off\n}\nhttp://127.0.0.1:${caddy} {\n reverse_proxy 127.0.0.1:${upstream} {\n  transport http {\n   keepalive_idle_conns_per_host 256\n  }\n }\n}\n`,
  )
  const caddyPid = await start(0, caddy, 'caddy', ['run', '--config', caddyfile, '--adapter', 'caddyfile'], {
    GOMAXPROCS: '1',
    XDG_DATA_HOME: directory,
    XDG_CONFIG_HOME: directory,
  })
  const mcpxPid = await startMcpx(mcpx)
  await publish(`http://localhost:${mcpx}`, upstream)
  return [
    {name: 'nginx', url: `http://127.0.0.1:${nginx}/mcp`, pid: nginxPid},
    {name: 'caddy', url: `http://127.0.0.1:${caddy}/mcp`, pid: caddyPid},
    {name: 'mcpx', url: `http://127.0.0.1:${mcpx}/mcp`, pid: mcpxPid},
  ]
}

async function publish(origin: string, upstream: number, hostname = '127.0.0.1'): Promise<void> {
  await api(origin, '/proxy/targets', {hostname, target_url: `http://127.0.0.1:${upstream}`})
}

/** One call of the admin API. */
async function api(origin: string, path: string, json: object): Promise<Record<string, string>> {
  const response = await fetch(`${origin}/api/v1${path}`, {
    method: 'POST',
    headers: {authorization: `Bearer ${adminToken}`, 'content-type': 'application/json'},
    body: JSON.stringify(json),
  })
  if (!response.ok) throw new Error(`mcpx refused ${path}: ${await response.text()}`)
  return (await response.json()) as Record<string, string>
}

/** CPU seconds of a process and everything below it. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  const below = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').filter(Boolean)
  return ticks / 100 + below.reduce((sum, child) => sum + cpuSeconds(Number(child)), 0)
}

/** One round of wrk; microseconds of CPU a request, and requests a second. */
function measure(
  {url, pid, headers = []}: Contender,
  scenario: Scenario,
  script: string,
  seconds: number,
): {cpu: number; rate: number} {
  const before = cpuSeconds(pid)
  const args = [
    '-c',
    String(Math.min(1, cpus().length - 1)),
    'wrk',
    '-t1',
    `-c${options.connections}`,
    `-d${seconds}s`,
    ...(scenario === 'POST' ? ['-s', script] : []),
    ...headers.flatMap(one => ['-H', one]),
    url,
  ]
  const output = execFileSync('taskset', args, {encoding: 'utf8'})
  const requests = Number(/(\d+) requests in/.exec(output)?.[1] ?? 0)
  if (requests === 0 || /Non-2xx/.test(output))
    throw new Error(`wrk got no good answers from ${url}:\n${output}`)
  return {cpu: ((cpuSeconds(pid) - before) / requests) * 1e6, rate: requests / seconds}
}

const median = (numbers: number[]): number =>
  [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? 0

async function main(): Promise<void> {
  if (options.help) {
    console.log('npm run bench -- [--rounds 5] [--seconds 4] [--connections 64] [--protected]')
    return
  }
  const contenders = options.protected ? await startGuarded() : await startContenders()
  const subject = options.protected ? 'guarded' : 'mcpx'
  const script = write(
    'post.lua',
    `wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\nwrk.headers["Accept"] = "application/json, text/event-stream"\nwrk.body = '${call}'\n`,
  )
  for (const contender of contenders)
    for (const scenario of scenarios) measure(contender, scenario, script, 1)
  console.log(
    `${options.rounds} interleaved rounds of ${options.seconds} s, ${options.connections} connections, ${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}`,
  )
  for (const scenario of scenarios) {
    const results = new Map(contenders.map(({name}) => [name, {cpu: [] as number[], rate: [] as number[]}]))
    for (let round = 0; round < Number(options.rounds); round++) {
      for (const contender of contenders) {
        const {cpu, rate} = measure(contender, scenario, script, Number(options.seconds))
        results.get(contender.name)?.cpu.push(cpu)
        results.get(contender.name)?.rate.push(rate)
      }
    }
    const own = median(results.get(subject)?.cpu ?? [])
    console.log(`\n${scenario}  CPU µs/request (median)  requests/s  CPU of ${subject} as a share of it`)
    for (const [name, {cpu, rate}] of results) {
      console.log(
        `${name.padEnd(8)}${median(cpu).toFixed(1).padStart(14)}${median(rate).toFixed(0).padStart(20)}${(own / median(cpu)).toFixed(2).padStart(12)}`,
      )
    }
  }
}

try {
  await main()
} finally {
  for (const child of children) child.kill('SIGTERM')
  const running = children.filter(({exitCode}) => exitCode === null)
  await Promise.all(running.map(child => new Promise(resolve => child.once('exit', resolve))))
  rmSync(directory, {recursive: true, force: true})
}
