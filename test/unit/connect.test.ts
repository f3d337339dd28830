// The client of the admin API, as far as it needs no server.
import {expect} from 'chai'
import {connect, eventData, isLoopback, parseServerUrl, RemoteProblem} from '../../src/core/connect.ts'
import {Problem, type ProblemDocument} from '../../src/core/problem.ts'

async function events(pieces: string[]): Promise<string[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece))
      controller.close()
    },
  })
  const found: string[] = []
  for await (const data of eventData(body)) found.push(data)
  return found
}

describe('events of a stream', () => {
  const text = ': hello\n\nid: 1\ndata: {"a":\ndata: 1}\n\ndata:two\r\n\r\nevent: x\n\ndata: cut off'

  it('are the data between blank lines, without comments and other fields', async () => {
    expect(await events([text])).to.deep.equal(['{"a":\n1}', 'two'])
  })

  it('are the same however the bytes arrive', async () => {
    expect(await events([...text])).to.deep.equal(['{"a":\n1}', 'two'])
  })
})

describe('the address of a server', () => {
  it('is http or https, without user, query and fragment', () => {
    for (const text of ['localhost', 'ftp://a', 'http://u:p@a', 'https://a/?x', 'https://a/#x', '']) {
      expect(() => parseServerUrl(text), text)
        .to.throw(Problem)
        .with.property('code', 'usage')
    }
    expect(parseServerUrl('https://a.example/mcpx').pathname).to.equal('/mcpx')
  })

  it('gets no token over plain HTTP unless it is this machine', () => {
    expect(() => connect({url: 'http://a.example', token: 'x'}))
      .to.throw(Problem)
      .with.property('code', 'token-in-clear')
    expect(connect({url: 'http://a.example'}).url).to.equal('http://a.example')
    expect(connect({url: 'http://127.0.0.1:8080/', token: 'x'}).url).to.equal('http://127.0.0.1:8080')
  })

  it('is this machine by its loopback names and addresses only', () => {
    expect(['localhost', 'a.localhost', '127.8.0.1', '[::1]'].every(isLoopback)).to.equal(true)
    expect(['localhost.example', '128.0.0.1', '127.0.0.1.example', '[::2]'].some(isLoopback)).to.equal(false)
  })
})

describe('a problem of a server', () => {
  it('keeps its document, also when its code is newer than this client', () => {
    const received = {
      type: 'urn:mcpx:problem:brand-new',
      title: 'New',
      status: 418,
      detail: 'something new',
      code: 'brand-new',
    } as unknown as ProblemDocument
    const problem = new RemoteProblem(received)
    expect(problem.document()).to.equal(received)
    expect(problem.message).to.equal('something new')
  })
})
