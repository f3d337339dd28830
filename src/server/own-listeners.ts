// The TCP ports of this machine that are mcpx's own, for people who ask why they cannot have one.
import type {Config} from '../core/config.ts'
import {isLoopback} from '../core/connect.ts'
import type {OwnListener} from './api/call.ts'

/** `ports`: HTTP, and HTTPS when it is on. `local`: whether the authorization server has its port on localhost. */
export function ownListeners(config: Config, ports: readonly number[], local: boolean): OwnListener[] {
  const [http, https] = ports
  return [
    ...(http === undefined ? [] : [{port: http, what: 'its port for HTTP (HTTP_PORT)'}]),
    ...(https === undefined ? [] : [{port: https, what: 'its port for HTTPS (HTTPS_PORT)'}]),
    ...(local
      ? [
          {
            port: config.OAUTH_LOCAL_PORT,
            what: 'the port of its authorization server on localhost (OAUTH_LOCAL_PORT)',
          },
        ]
      : []),
    ...redisHere(config.REDIS_URL),
  ]
}

/** A private Redis has no port. */
function redisHere(text: string | undefined): OwnListener[] {
  const url = text === undefined ? null : URL.parse(text)
  if (!url || !/^rediss?:$/.test(url.protocol) || !isLoopback(url.hostname)) return []
  return [{port: Number(url.port || 6379), what: 'the port of its Redis (REDIS_URL)'}]
}
