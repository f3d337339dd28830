// Puts in place what mcpx needs on this machine, and says what it installs before it does. Plain JavaScript on any
// Node from 18 on, without packages: it runs in a fresh clone before anything is there.
import {spawnSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import {delimiter, dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** The Node that runs mcpx: the one of the npm package `node`, whatever the machine has. */
export const node = join(root, 'node_modules', 'node', 'bin', 'node')

/** What is needed beside npm packages: Debian package, the programs it brings (one is enough), system services in it. */
const forServing = [
  {apt: 'redis-server', programs: ['redis-server', 'valkey-server'], services: ['redis-server']},
]
const forTests = [
  ...forServing,
  {apt: 'procps', programs: ['ps'], services: []},
  {apt: 'chromium', programs: ['chromium', 'chromium-browser', 'google-chrome'], services: []},
  {apt: 'nginx-light', programs: ['nginx'], services: ['nginx']},
  {apt: 'caddy', programs: ['caddy'], services: ['caddy', 'caddy-api']},
  {apt: 'curl', programs: ['curl'], services: []},
  {apt: 'openssl', programs: ['openssl'], services: []},
  {apt: 'sslscan', programs: ['sslscan'], services: []},
  {apt: 'nghttp2-client', programs: ['h2load'], services: []},
  {apt: 'pebble', programs: ['pebble'], services: []},
  {apt: 'bind9', programs: ['named'], services: ['named']},
  {apt: 'docker.io', programs: ['dockerd'], services: ['docker', 'containerd']},
  {apt: 'docker-compose', programs: ['docker-compose'], services: []},
  {apt: 'busybox-static', programs: ['busybox'], services: []},
  {apt: 'iproute2', programs: ['ip', 'ss'], services: []},
  {apt: 'libnss3-tools', programs: ['certutil'], services: []},
  {apt: 'zsh', programs: ['zsh'], services: []},
  {apt: 'fish', programs: ['fish'], services: []},
]

/** Everything `npm start` needs. `withRedis` is false when REDIS_URL names one that runs. */
export function setUpForServing(withRedis) {
  installPackages()
  if (withRedis) installPrograms(forServing)
  build()
  giveBack()
}

/** Everything `npm pack` needs. */
export function setUpForPacking() {
  installPackages()
  build()
}

/** Everything `npm test` needs. */
export function setUpForTests() {
  installPackages()
  installPrograms(forTests)
  build()
  giveBack()
}

/** Under sudo, what was made in the clone is its owner's, who may go on without. */
function giveBack() {
  const {SUDO_UID, SUDO_GID} = process.env
  const {uid} = statSync(root)
  if (process.getuid?.() !== 0 || SUDO_UID === undefined || String(uid) !== SUDO_UID) return
  run('chown', ['-R', '-h', `${SUDO_UID}:${SUDO_GID}`, join(root, 'node_modules'), join(root, 'dist')])
}

const say = text => process.stderr.write(`mcpx: ${text}\n`)

function fail(text) {
  say(text)
  process.exit(1)
}

function run(command, args, options = {}) {
  const {status, error} = spawnSync(command, args, {cwd: root, stdio: ['ignore', 2, 2], ...options})
  if (error) fail(`${command} cannot be run: ${error.message}`)
  if (status !== 0) fail(`\`${[command, ...args].join(' ')}\` failed`)
}

function installPackages() {
  if (packagesAreCurrent()) return
  say(
    'installing the npm packages of package-lock.json into ./node_modules, Node 26 for mcpx among them (npm ci)',
  )
  run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'])
}

/** Whether what npm noted in node_modules is what the lock file asks for. */
function packagesAreCurrent() {
  const noted = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(noted) || !existsSync(node)) return false
  const packages = file => JSON.parse(readFileSync(file, 'utf8')).packages
  const installed = packages(noted)
  return Object.entries(packages(join(root, 'package-lock.json'))).every(
    ([path, {version, optional, devOptional}]) =>
      path === '' || installed[path]?.version === version || (!installed[path] && (optional || devOptional)),
  )
}

const isInstalled = ({programs}) =>
  programs.some(program =>
    // Debian keeps servers in sbin, which is not on everybody's PATH.
    [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'].some(directory =>
      isExecutable(join(directory, program)),
    ),
  )

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function installPrograms(needed) {
  const missing = needed.filter(one => !isInstalled(one))
  if (missing.length === 0) return
  const names = missing.map(({apt}) => apt)
  const command = `apt-get install -y --no-install-recommends ${names.join(' ')}`
  const prefix = rootPrefix()
  if (!existsSync('/usr/bin/apt-get') || prefix === undefined) {
    const programs = missing.map(one => one.programs.join(' or ')).join(', ')
    fail(
      `this machine lacks ${programs}. Install it, then run this again; on Debian or Ubuntu: sudo ${command}`,
    )
  }
  say(`installing ${names.join(', ')} with apt-get; no system service is started or left enabled`)
  const script = installScript(
    command,
    missing.flatMap(({services}) => services),
  )
  const [program, ...args] = [...prefix, 'sh', '-c', script]
  run(program, args, {stdio: [process.stdin.isTTY ? 'inherit' : 'ignore', 2, 2]})
  const still = missing.filter(one => !isInstalled(one))
  if (still.length > 0) fail(`apt-get did not bring ${still.map(({programs}) => programs[0]).join(', ')}`)
}

/** What comes before a command that needs root; undefined when this user cannot become root. */
function rootPrefix() {
  if (process.getuid?.() === 0) return []
  if (!isInstalled({programs: ['sudo']})) return undefined
  if (process.stdin.isTTY) return ['sudo']
  return spawnSync('sudo', ['-n', 'true']).status === 0 ? ['sudo', '-n'] : undefined
}

// A policy that forbids starts (invoke-rc.d reads it) stands only while apt-get runs; a policy of the machine stays.
const installScript = (command, services) => `
set -e
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap 'rm -f $policy' EXIT
  printf '#!/bin/sh\\nexit 101\\n' >$policy
  chmod 755 $policy
fi
${command} -qq >/dev/null 2>&1 || { apt-get update -qq; ${command} -qq >/dev/null; }
for service in ${services.join(' ')}; do
  if [ -d /run/systemd/system ]; then systemctl disable --now "$service" >/dev/null 2>&1 || true; fi
  if [ -x /usr/sbin/update-rc.d ] && [ -e "/etc/init.d/$service" ]; then update-rc.d "$service" disable >/dev/null 2>&1 || true; fi
  rm -f "/etc/systemd/system/multi-user.target.wants/$service.service"
done
`

/** Compile into dist/, unless it holds what the sources say already. */
export function build() {
  const stamp = join(root, 'dist', '.built')
  const state = sourceState()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === state) return
  say('building into ./dist')
  rmSync(join(root, 'dist'), {recursive: true, force: true})
  run(node, [join(root, 'scripts', 'build.js')])
  writeFileSync(stamp, state)
}

/** A digest of name, size and time of everything that is built. */
function sourceState() {
  const hash = createHash('sha256')
  const add = path => {
    const {size, mtimeMs} = statSync(path)
    hash.update(`${path} ${size} ${mtimeMs}\n`)
  }
  const files = [
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'scripts/build.js',
  ]
  for (const file of files) add(join(root, file))
  const visit = directory => {
    for (const entry of readdirSync(directory, {withFileTypes: true})) {
      const path = join(directory, entry.name)
      if (entry.isDirectory()) visit(path)
      else add(path)
    }
  }
  for (const directory of ['src', 'examples']) visit(join(root, directory))
  return hash.digest('hex')
}
