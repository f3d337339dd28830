// Opens TLS 1.3 connections, eight at a time, asks for one page on each, and prints how many: URL full|resumed MILLISECONDS.
import {connect} from 'node:tls'

const [address = '', mode = '', duration = ''] = process.argv.slice(2)
const {hostname, port, pathname} = new URL(address)
const request = `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`

/** Answers the newest ticket; a TLS 1.3 client uses each once. */
function visit(session: Buffer | undefined): Promise<{session: Buffer | undefined; reused: boolean}> {
  const {promise, resolve, reject} = Promise.withResolvers<{session: Buffer | undefined; reused: boolean}>()
  let given = session
  let answered = ''
  let reused = false
  const socket = connect({
    host: hostname,
    port: Number(port),
    minVersion: 'TLSv1.3',
    rejectUnauthorized: false,
    ...(session && {session}),
  })
  socket.setEncoding('latin1').on('session', ticket => {
    given = ticket
  })
  socket.once('secureConnect', () => {
    reused = socket.isSessionReused()
    socket.write(request)
  })
  socket.on('data', text => {
    answered += text
  })
  socket.once('error', reject)
  socket.once('close', () => {
    if (!answered.startsWith('HTTP/1.1 200')) reject(new Error(`${address} answered ${answered}`))
    else resolve({session: given, reused})
  })
  return promise
}

const lanes = 8
const end = performance.now() + Number(duration)

/** One connection after another, until the time is over. Answers how many. */
async function lane(): Promise<number> {
  let {session} = await visit(undefined)
  let done = 0
  for (; performance.now() < end; done++) {
    const visited = await visit(mode === 'resumed' ? session : undefined)
    if (mode === 'resumed' && !visited.reused) throw new Error(`${address} did not resume the session`)
    session = visited.session
  }
  return done
}

const counts = await Promise.all(Array.from({length: lanes}, lane))
console.log(counts.reduce((sum, count) => sum + count))
