// WebSockets: once the upstream has switched protocols, two connections joined.
import type {Socket} from 'node:net'
import type {AnswerHead} from './answer.ts'
import type {Exchange} from './exchange.ts'
import {answerHeaders, type Way} from './headers.ts'

/** Pass the 101 on and join both sides; the end of either ends both. */
export function tunnel(
  exchange: Exchange,
  head: AnswerHead,
  upstream: Socket,
  rest: Buffer,
  way: Way,
  ended: () => void,
): void {
  const {response} = exchange
  const client = response.socket
  if (!client || client.destroyed) {
    upstream.destroy()
    ended()
    return
  }
  exchange.status = 101
  exchange.firstByte = performance.now()
  response.detachSocket(client)
  const {headers} = answerHeaders(exchange, head, way, false)
  let lines = `HTTP/1.1 101 ${head.reason || 'Switching Protocols'}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`
  for (let index = 0; index < headers.length; index += 2)
    lines += `${headers[index]}: ${headers[index + 1]}\r\n`
  client.write(`${lines}\r\n`, 'latin1')
  if (rest.length > 0) client.write(rest)
  const [sent, received] = [upstream.bytesWritten, upstream.bytesRead - rest.length]
  exchange.onLeave = () => {
    exchange.bytesIn = upstream.bytesWritten - sent
    exchange.bytesOut = upstream.bytesRead - received
    upstream.destroy()
    ended()
  }
  upstream.once('close', () => client.destroySoon())
  upstream.pipe(client)
  client.pipe(upstream)
}
