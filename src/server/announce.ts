// What a person reads when mcpx has started: addresses, the admin token, what to do next.

export interface Started {
  version: string
  port: number
  /** Undefined when HTTPS is off. */
  httpsPort: number | undefined
  baseDomain: string | undefined
  /** Data directory. */
  data: string
  /** Where state is kept, without secrets. */
  redis: string
  /** How the command line is called here, e.g. `npx mcpx`. */
  command: string
  /** The admin token, when it is new: itself on a terminal, else the file it was put in. */
  adminToken?: {shown: string} | {file: string} | undefined
}

const origin = (host: string, port: number): string => `http://${host}${port === 80 ? '' : `:${port}`}`

const secureOrigin = (host: string, port: number): string =>
  `https://${host}${port === 443 ? '' : `:${port}`}`

/** The address of console and API on this machine. */
export const localUrl = (port: number): string => origin('localhost', port)

export function announcement(started: Started): string {
  const {version, port, httpsPort, baseDomain, data, redis, command} = started
  const secure = httpsPort === undefined ? undefined : secureOrigin(baseDomain ?? 'localhost', httpsPort)
  const console = baseDomain === undefined ? localUrl(port) : (secure ?? origin(baseDomain, port))
  const proxies =
    baseDomain === undefined
      ? `${origin('127.0.0.1', port)} and ${origin('*.localhost', port)}`
      : 'the hostnames you create them for'
  const lines = [
    `mcpx ${version} is ready.`,
    '',
    `  Console   ${console}`,
    `  API       ${console}/api/v1  (described at ${console}/docs)`,
    `  Proxies   ${proxies}`,
    ...(secure === undefined ? [] : [`  HTTPS     ${secure}  (see \`${command} cert list\`)`]),
    `  State     ${redis}`,
    `  Data      ${data}`,
    '',
    ...tokenLines(started.adminToken),
    'Next, in another shell:',
    '',
    `  ${command} demo                        two MCP servers, published through this gateway`,
    `  ${command} proxy create HOST URL       publish something of yours`,
    `  ${command} logs -f                     watch requests`,
    '',
    'Ctrl-C stops it.',
  ]
  return `${lines.join('\n')}\n`
}

function tokenLines(adminToken: Started['adminToken']): string[] {
  if (!adminToken) return []
  if ('file' in adminToken) return [`  Admin token  in ${adminToken.file} (only its owner reads it)`, '']
  return [`  Admin token  ${adminToken.shown}`, '               shown this once; only its hash is kept', '']
}
