// What MCP clients must be able to do at a URL: the same tests run against a server direct and through the gateway.
import {expect} from 'chai'
import {type ClientKind, connectMcp, type McpClient, type McpSession} from './mcp-clients.ts'

type Url = () => string

/** Runs `use` with a connected client and closes it, whatever happens. */
export async function withClient<T>(
  kind: ClientKind,
  url: string,
  use: (client: McpClient) => Promise<T>,
): Promise<T> {
  const client = await connectMcp(kind, url)
  try {
    return await use(client)
  } finally {
    await client.close()
  }
}

/** For both echo servers: tools, a call, and progress that arrives before the result. */
export function itServesEcho(kind: ClientKind, url: Url): void {
  it(`${kind}: lists and calls tools`, () =>
    withClient(kind, url(), async client => {
      expect(await client.tools()).to.include.members(['echo', 'countdown', 'headers'])
      expect(await client.call('echo', {text: 'héllo'})).to.equal('héllo')
    }))

  it(`${kind}: streams progress before the result`, () =>
    withClient(kind, url(), async client => {
      const seen: unknown[] = []
      const text = await client.call('countdown', {from: 3, interval: 20}, {onProgress: n => seen.push(n)})
      expect([...seen, text]).to.deep.equal([1, 2, 3, 'counted down from 3'])
    }))
}

/** For the stateful echo server: sessions, the GET stream, resuming, DELETE. */
export function itServesSessions(kind: ClientKind, url: Url): void {
  it(`${kind}: keeps state for each session and tells of it on the GET stream`, () =>
    withClient(kind, url(), one =>
      withClient(kind, url(), async other => {
        await one.streaming
        expect(await one.call('counter', {by: 2})).to.equal('2')
        expect(await other.call('counter')).to.equal('1')
        expect(await one.call('counter')).to.equal('3')
        expect(await one.notification()).to.deep.equal(['log', 2])
        expect(await one.notification()).to.deep.equal(['log', 3])
        expect(one.session()?.sessionId).not.to.equal(other.session()?.sessionId)
      }),
    ))

  it(`${kind}: resumes a broken stream after the last event seen`, async () => {
    const first = await connectMcp(kind, url())
    const session = first.session()
    const lastEvent = await breakCountdown(first)
    const second = await connectMcp(kind, url(), session)
    expect(await second.call('countdown', {}, {resumeAfter: lastEvent})).to.equal('counted down from 3')
    await second.close()
  })

  it(`${kind}: ends its session with DELETE`, () =>
    withClient(kind, url(), async client => {
      const session = client.session()
      await client.endSession()
      const response = await fetch(url(), {
        method: 'POST',
        headers: {
          accept: 'application/json, text/event-stream',
          'content-type': 'application/json',
          ...headersOf(session),
        },
        body: JSON.stringify({jsonrpc: '2.0', id: 1, method: 'tools/list'}),
      })
      expect(response.status).to.equal(404)
      expect(await response.json()).to.have.nested.property('error.message', 'Session not found')
    }))
}

/** For the stateful echo server: the bytes of a resumed stream, where the SDKs do not show them. */
export function itReplaysStreams(kind: ClientKind, url: Url): void {
  it(`${kind}: leaves a stream that is sent again from the next event on, each once, and then closed`, async () => {
    const client = await connectMcp(kind, url())
    const session = client.session()
    const lastEvent = await breakCountdown(client)
    const response = await fetch(url(), {
      headers: {accept: 'text/event-stream', 'last-event-id': lastEvent, ...headersOf(session)},
    })
    const events = await response.text()
    const ids = [...events.matchAll(/^id: (.*)$/gm)].map(([, id]) => Number(id))
    // Two more steps and the result.
    expect(ids).to.deep.equal([1, 2, 3].map(step => Number(lastEvent) + step))
    expect(events).to.contain('counted down from 3')
  })
}

/** For the fixture, sessions: a server that closes the stream of a call is polled for the answer. */
export function itServesPolling(kind: ClientKind, url: Url): void {
  it(`${kind}: comes back for the answer when the server closes the stream`, () =>
    withClient(kind, url(), async client => {
      expect(await client.call('test_reconnection')).to.equal('answered after the stream was closed')
    }))
}

/** For the fixture, 2026-07-28: mirrored headers and a subscription on a long POST stream. */
export function itServesModern(kind: ClientKind, url: Url): void {
  it(`${kind}: mirrors a parameter in a header that must match`, () =>
    withClient(kind, url(), async client => {
      expect(await client.tools()).to.include('test_header_parameter')
      expect(await client.call('test_header_parameter', {region: ' Zürich '})).to.equal(' Zürich ')
      expect(client.session()).to.equal(undefined)
    }))

  it(`${kind}: hears of changed tools on a subscription`, () =>
    withClient(kind, url(), async client => {
      const end = await client.listen()
      await client.call('test_trigger_tool_change')
      expect(await client.notification()).to.deep.equal(['tools'])
      await end()
    }))
}

/** For server-everything, either transport: tools, a call, progress. */
export function itServesEverything(kind: ClientKind, url: Url): void {
  it(`${kind}: lists and calls tools, with progress`, () =>
    withClient(kind, url(), async client => {
      expect(await client.tools()).to.include.members(['echo', 'trigger-long-running-operation'])
      expect(await client.call('echo', {message: 'hello'})).to.equal('Echo: hello')
      const seen: number[] = []
      const args = {duration: 0.1, steps: 3}
      await client.call('trigger-long-running-operation', args, {onProgress: n => seen.push(n)})
      // The SDKs may drop the last one: it comes together with the result, which ends their interest.
      expect(seen.slice(0, 2)).to.deep.equal([1, 2])
    }))
}

/** Leaves in the middle of a call, as a lost connection does; the server goes on. Answers with the last event id. */
async function breakCountdown(client: McpClient): Promise<string> {
  const {promise, resolve} = Promise.withResolvers<void>()
  let lastEvent = ''
  const call = client.call(
    'countdown',
    {from: 3, interval: 50},
    {onProgress: () => resolve(), onEvent: id => (lastEvent = id)},
  )
  const broken = call.then(
    () => expect.fail('the call ended before its stream was broken'),
    () => undefined,
  )
  await promise
  await client.close()
  await broken
  return lastEvent
}

function headersOf(session: McpSession | undefined): Record<string, string> {
  if (session === undefined) throw new Error('the server gave no session')
  return {'mcp-session-id': session.sessionId, 'mcp-protocol-version': session.protocolVersion}
}
