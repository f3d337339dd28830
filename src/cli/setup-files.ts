// The files `mcpx init` writes: .env, and what keeps mcpx running.
import {randomBytes} from 'node:crypto'
import {closeSync, existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {dirname} from 'node:path'
import {parseEnv} from 'node:util'
import {Problem} from '../core/problem.ts'
import {throughDraft} from './draft.ts'
import type {Answers} from './questions.ts'

export const runners = ['none', 'compose', 'systemd'] as const
export type Runner = (typeof runners)[number]

/** Writes in place of what was there, never half, and the folder it is in. */
export async function writeFile(file: string, text: string | Buffer, mode: number): Promise<void> {
  mkdirSync(dirname(file), {recursive: true})
  await throughDraft(file, mode, descriptor => {
    writeFileSync(descriptor, text)
    closeSync(descriptor)
  })
}

/** `.env` with these answers, each where it stood; lines of other variables and comments stay as they are. */
export function envWith(
  answers: Answers,
  before = existsSync('.env') ? readFileSync('.env', 'utf8') : '',
): string {
  const lines = new Map(
    Object.entries(answers).map(([variable, value]) => [variable, `${variable}=${quoted(variable, value)}`]),
  )
  const kept = before
    .trimEnd()
    .split('\n')
    .flatMap(line => {
      const variable = /^\s*(?:export\s+)?(\w+)\s*=/.exec(line)?.[1] ?? ''
      if (!Object.hasOwn(answers, variable)) return [line]
      if (lines.has(variable) && parseEnv(line)[variable] === answers[variable as keyof Answers]) {
        lines.delete(variable)
        return [line]
      }
      const renewed = lines.get(variable)
      lines.delete(variable)
      return renewed === undefined ? [] : [renewed]
    })
  return `${[...kept, ...lines.values()].join('\n').trimStart()}\n`
}

/** Whether `after` has every line of `before` where it stood; those that come after them are new. */
export const onlyAdds = (before: string, after: string): boolean =>
  before.trim() === '' || after.startsWith(`${before.trim()}\n`)

/** Variables of `before` that have another value in `after`. */
export function changedIn(before: string, after: string): string[] {
  const [old, next] = [parseEnv(before), parseEnv(after)]
  return Object.keys(old).filter(variable => old[variable] !== next[variable])
}

/** As dotenv files quote: what parseEnv of Node and Docker Compose read alike. Throws usage for what neither can hold. */
function quoted(variable: string, value: string): string {
  if (/^[\w:/.@%+=,*~-]*$/.test(value)) return value
  if (!/['\n\r]/.test(value)) return `'${value}'`
  throw new Problem(
    'usage',
    `The value of ${variable} has a quotation mark or a line break, which .env cannot hold.`,
  )
}

/** What a setup needs beside the answers; made once, kept in .env. */
export const madeFor = (runner: Runner, {REDIS_URL, REDIS_PASSWORD}: Answers): Answers =>
  runner === 'compose' && REDIS_URL === undefined && REDIS_PASSWORD === undefined
    ? {REDIS_PASSWORD: randomBytes(32).toString('hex')}
    : {}

/** As the docker-compose.yml of the project, with an image of the packed program in place of its sources. */
export const composeFile = ({REDIS_URL}: Answers): string =>
  REDIS_URL === undefined
    ? `${composeHead}
      REDIS_URL: redis://127.0.0.1:6390
    depends_on:
      redis:
        condition: service_healthy
${composeRedis}volumes:
  data:
  redis:
`
    : `${composeHead}
volumes:
  data:
`

const composeHead = `# Written by \`mcpx init\`. Start it with \`docker compose up --detach --build\`; settings are in .env.
# The admin token, unless .env has an ADMIN_TOKEN: docker compose exec mcpx cat /data/admin-token
services:
  mcpx:
    build: ./image
    restart: unless-stopped
    # The network of this machine, so that it reaches what runs here and opens ports for services; on Linux. Elsewhere
    # remove this line, publish \`ports: ["80:80", "443:443"]\` instead and name Redis \`redis\` in REDIS_URL.
    network_mode: host
    read_only: true
    tmpfs: [/tmp]
    cap_drop: [ALL]
    cap_add: [NET_BIND_SERVICE]
    volumes:
      - data:/data
      # Services (\`mcpx service create\`) need the engine; whoever can use its socket is root on this machine. To allow
      # that, remove the two comment signs, and put the group of the socket into .env as DOCKER_GID:
      # stat -c %g /var/run/docker.sock
      # - /var/run/docker.sock:/var/run/docker.sock
    # group_add: ["\${DOCKER_GID:?}"]
    env_file: .env
    environment:
      MCPX_DATA_DIR: /data`

const composeRedis = `  redis:
    image: redis:8
    restart: unless-stopped
    read_only: true
    tmpfs: [/tmp]
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    user: "999"
    ports: ["127.0.0.1:6390:6379"]
    environment:
      REDIS_PASSWORD: \${REDIS_PASSWORD:?it is in .env}
    # Every write is on disk before it is answered, and nothing is dropped when memory is short.
    command:
      - sh
      - -c
      # The password comes by standard input: a command line can be read by others.
      - |
        exec redis-server - --dir /data --appendonly yes --appendfsync always --save '' \\
          --maxmemory-policy noeviction \\
          --rename-command FLUSHALL '' --rename-command FLUSHDB '' --rename-command DEBUG '' \\
          --rename-command CONFIG '' --rename-command SHUTDOWN '' --rename-command REPLICAOF '' \\
          --rename-command MODULE '' --rename-command MIGRATE '' <<CONFIGURATION
        requirepass '$$REDIS_PASSWORD'
        CONFIGURATION
    healthcheck:
      test: ["CMD-SHELL", 'REDISCLI_AUTH="$$REDIS_PASSWORD" redis-cli ping | grep -q PONG']
      interval: 5s
      timeout: 3s
      retries: 10
    volumes:
      - redis:/data
`

/** The image of that file, beside the package; as the Dockerfile of the project, which says why. */
export const imageFile = String.raw`# Written by ${'`mcpx init`'}: mcpx as it was installed then. Written by another version, it is of that one.
FROM node:26-slim
RUN { command -v setcap || { apt-get update && apt-get install --yes --no-install-recommends libcap2-bin; }; } \
  && rm -rf /var/lib/apt/lists/* && cp /usr/bin/setpriv /usr/local/bin/may-bind && setcap cap_net_bind_service=+ep /usr/local/bin/may-bind \
  && mkdir /data && chown 1000:1000 /data
# Behind a registry mirror: docker compose build --build-arg NPM_CONFIG_REGISTRY=…
ARG NPM_CONFIG_REGISTRY
COPY mcpx.tgz /
RUN npm install --global --omit=dev --ignore-scripts --no-audit --no-fund /mcpx.tgz && npm cache clean --force
ENV HOME=/data MCPX_DATA_DIR=/data HTTP_PORT=80
USER 1000
WORKDIR /data
VOLUME /data
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD mcpx health --url "http://localhost:$HTTP_PORT"
ENV MAY_BIND="may-bind --inh-caps +net_bind_service --ambient-caps +net_bind_service"
ENTRYPOINT ["sh", "-c", "$MAY_BIND true 2>/dev/null && exec $MAY_BIND mcpx \"$@\"; exec mcpx \"$@\"", "mcpx"]
CMD ["serve"]
`

/** `program` is the command line that serves. */
export const systemdUnit = (folder: string, program: readonly string[], user: string): string =>
  `# Written by \`mcpx init\`. Install it: sudo cp mcpx.service /etc/systemd/system/ && sudo systemctl enable --now mcpx
[Unit]
Description=mcpx
After=network-online.target
Wants=network-online.target

[Service]
User=${user}
WorkingDirectory=${folder.replaceAll('%', '%%')}
ExecStart=${program.map(systemdWord).join(' ')}
Restart=always
RestartSec=2
# It ends its own processes, in order.
KillMode=mixed
TimeoutStopSec=30
AmbientCapabilities=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes
ProtectSystem=full

[Install]
WantedBy=multi-user.target
`

/** systemd.syntax(7), systemd.service(5): quotes, specifiers (%) and variables ($). */
function systemdWord(word: string): string {
  const text = word.replaceAll('%', '%%').replaceAll('$', '$$$$')
  return /[\s"'\\]/.test(text) ? JSON.stringify(text) : text
}
