// The header fields mcpx itself looks at, found in one pass over a request; and what happens to each on the way.

/** What a field is to the gateway. `pass` goes on as sent; `drop` never does. */
export type Kind =
  | 'pass'
  | 'drop'
  | 'hop'
  | 'own'
  | 'host'
  | 'origin'
  | 'connection'
  | 'upgrade'
  | 'te'
  | 'expect'
  | 'transfer-encoding'
  | 'content-length'
  | 'content-type'
  | 'content-encoding'
  | 'cache-control'
  | 'accept'
  | 'accel'
  | 'authorization'
  | 'request-id'
  | 'forwarded'
  | 'forwarded-for'
  | 'forwarded-proto'
  | 'forwarded-host'
  | 'forwarded-more'
  | 'via'
  | 'session'
  | 'mcp'
  | 'location'
  | 'trailer'
  | 'software'
  | 'cookie'

const kinds: Record<string, Kind> = {
  host: 'host',
  origin: 'origin',
  connection: 'connection',
  upgrade: 'upgrade',
  te: 'te',
  expect: 'expect',
  'transfer-encoding': 'transfer-encoding',
  'content-length': 'content-length',
  'content-type': 'content-type',
  'content-encoding': 'content-encoding',
  'cache-control': 'cache-control',
  accept: 'accept',
  'x-accel-buffering': 'accel',
  authorization: 'authorization',
  cookie: 'cookie',
  'x-request-id': 'request-id',
  forwarded: 'forwarded',
  'x-forwarded-for': 'forwarded-for',
  'x-forwarded-proto': 'forwarded-proto',
  'x-forwarded-host': 'forwarded-host',
  'x-real-ip': 'forwarded-more',
  via: 'via',
  'mcp-session-id': 'session',
  location: 'location',
  trailer: 'trailer',
  server: 'software',
  'x-powered-by': 'software',
  'keep-alive': 'hop',
  'proxy-connection': 'hop',
  'proxy-authenticate': 'hop',
  'proxy-authorization': 'hop',
  'proxy-authentication-info': 'hop',
  'http2-settings': 'hop',
  // CGI programs would read it as HTTP_PROXY, and dial through it.
  proxy: 'drop',
}

/** Known by their exact spelling, so that one look-up does. Bounded, for clients may send any name. */
const known = new Map<string, Kind>()
const knownMost = 4096

export function kindOf(name: string): Kind {
  const found = known.get(name)
  if (found !== undefined) return found
  const kind = classify(name.toLowerCase())
  if (known.size < knownMost) known.set(name, kind)
  return kind
}

function classify(name: string): Kind {
  const kind = kinds[name]
  if (kind !== undefined) return kind
  if (name.startsWith('x-mcpx-')) return 'own'
  if (name.startsWith('x-forwarded-')) return 'forwarded-more'
  if (name.startsWith('mcp-')) return 'mcp'
  // CGI and WSGI read `_` as `-`: a second spelling of what is guarded must not get around the guard.
  if (name.includes('_') && !['pass', 'mcp'].includes(classify(name.replaceAll('_', '-')))) return 'drop'
  return 'pass'
}

/** What a request says in the fields above; lists sent in several lines are joined. Empty when absent. */
export class Fields {
  host = ''
  hosts = 0
  origin = ''
  connection = ''
  upgrade = ''
  te = ''
  expect = ''
  transferEncoding = ''
  contentLength = ''
  contentType = ''
  accept = ''
  authorization = ''
  requestId = ''
  forwarded = ''
  forwardedFor = ''
  forwardedProto = ''
  forwardedHost = ''
  /** Whether any field says that a proxy stands before us. */
  proxied = false
  via = ''
  session = ''
  /** Whether a field is one of MCP's. */
  mcp = false
  /** Octets of all fields. */
  size = 0

  constructor(raw: readonly string[]) {
    for (let index = 0; index < raw.length; index += 2) {
      const name = raw[index] as string
      const value = raw[index + 1] as string
      this.size += name.length + value.length + 4
      this.#note(kindOf(name), value)
    }
  }

  #note(kind: Kind, value: string): void {
    switch (kind) {
      case 'host':
        this.host = value
        this.hosts++
        return
      case 'origin':
        this.origin = value
        return
      case 'connection':
        this.connection = join(this.connection, value)
        return
      case 'upgrade':
        this.upgrade = join(this.upgrade, value)
        return
      case 'te':
        this.te = join(this.te, value)
        return
      case 'expect':
        this.expect = value
        return
      case 'transfer-encoding':
        this.transferEncoding = join(this.transferEncoding, value)
        return
      case 'content-length':
        this.contentLength = value
        return
      case 'content-type':
        this.contentType = value
        return
      case 'accept':
        this.accept = join(this.accept, value)
        return
      case 'authorization':
        this.authorization = join(this.authorization, value)
        return
      case 'request-id':
        this.requestId = value
        return
      case 'session':
        this.session = value
        this.mcp = true
        return
      case 'mcp':
        this.mcp = true
        return
      default:
        this.#noteProxy(kind, value)
    }
  }

  #noteProxy(kind: Kind, value: string): void {
    switch (kind) {
      case 'forwarded':
        this.forwarded = join(this.forwarded, value)
        break
      case 'forwarded-for':
        this.forwardedFor = join(this.forwardedFor, value)
        break
      case 'forwarded-proto':
        this.forwardedProto = join(this.forwardedProto, value)
        break
      case 'forwarded-host':
        this.forwardedHost = value
        break
      case 'via':
        this.via = join(this.via, value)
        break
      case 'forwarded-more':
        break
      default:
        return
    }
    this.proxied = true
  }
}

const join = (before: string, value: string): string => (before === '' ? value : `${before}, ${value}`)

/** Names that a Connection field lists, lower case: they end here too (RFC 9110 §7.6.1). */
export function connectionNames(connection: string): Set<string> | undefined {
  if (connection === '' || connection === 'keep-alive' || connection === 'close') return undefined
  const names = connection
    .toLowerCase()
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '' && !['keep-alive', 'close', 'upgrade', 'te'].includes(name))
  return names.length === 0 ? undefined : new Set(names)
}
