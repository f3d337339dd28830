// The files `mcpx init` writes: .env, and what keeps mcpx running.
import {randomBytes} from 'node:crypto'
import {existsSync, readFileSync, renameSync, writeFileSync} from 'node:fs'
import {Problem} from '../core/problem.ts'
import type {Answers} from './questions.ts'

export const runners = ['none', 'compose', 'systemd'] as const
export type Runner = (typeof runners)[number]

/** Writes in place of what was there, never half. */
export function writeFile(file: string, text: string, mode: number): void {
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  writeFileSync(draft, text, {mode, flag: 'wx'})
  renameSync(draft, file)
}

/** `.env` with these answers: lines of other variables and comments stay as they are. */
export function envWith(
  answers: Answers,
  before = existsSync('.env') ? readFileSync('.env', 'utf8') : '',
): string {
  const rest = before
    .split('\n')
    .filter(line => !Object.hasOwn(answers, /^\s*(?:export\s+)?(\w+)\s*=/.exec(line)?.[1] ?? ''))
    .join('\n')
    .trimEnd()
  const lines = Object.entries(answers).map(([variable, value]) => `${variable}=${quoted(variable, value)}`)
  return `${[rest, ...lines].filter(Boolean).join('\n')}\n`
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

export const composeFile = ({HTTP_PORT = '80', HTTPS_PORT = '443'}: Answers, version: string): string =>
  `# Written by \`mcpx init\`: mcpx with its private Redis. Start it with \`docker compose up -d\`.
services:
  mcpx:
    image: node:26-slim
    command: ["sh", "-c", "apt-get update -qq && apt-get install -qqy redis-server >/dev/null && exec npx --yes mcpx@${version} serve"]
    env_file: .env
    environment:
      MCPX_DATA_DIR: /data
    ports:
      - "${HTTP_PORT}:${HTTP_PORT}"
      - "${HTTPS_PORT}:${HTTPS_PORT}"
    volumes:
      - data:/data
    restart: unless-stopped
    init: true
volumes:
  data:
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
WorkingDirectory=${folder}
ExecStart=${program.map(word => (/[\s"\\]/.test(word) ? JSON.stringify(word) : word)).join(' ')}
Restart=always
AmbientCapabilities=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes
ProtectSystem=full
TimeoutStopSec=30

[Install]
WantedBy=multi-user.target
`
