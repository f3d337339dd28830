// Which server a command speaks to, and with which token.
import {expect} from 'chai'
import {chooseServer, contextName} from '../../src/cli/server.ts'
import {Problem} from '../../src/core/problem.ts'

const kept = {
  current: 'local',
  contexts: {
    local: {url: 'http://localhost:8080', token: 'local-token'},
    work: {url: 'https://mcpx.example.com', token: 'work-token'},
  },
}

describe('the server of a command', () => {
  it('is this machine when nothing is known', () => {
    const here = () => 'http://localhost:8080'
    expect(chooseServer({}, {}, {contexts: {}}, here)).to.deep.equal({url: 'http://localhost:8080'})
  })

  it('is the current context', () => {
    expect(chooseServer({}, {}, kept)).to.deep.equal(kept.contexts.local)
  })

  it('comes from the environment before the current context', () => {
    const environment = {MCPX_URL: 'https://other.example', MCPX_TOKEN: 'one', ADMIN_TOKEN: 'two'}
    expect(chooseServer({}, environment, kept)).to.deep.equal({url: 'https://other.example', token: 'one'})
    expect(chooseServer({}, {ADMIN_TOKEN: 'two'}, kept)).to.deep.equal({
      url: 'http://localhost:8080',
      token: 'two',
    })
    expect(chooseServer({}, {MCPX_CONTEXT: 'work'}, kept)).to.deep.equal(kept.contexts.work)
  })

  it('ignores variables that are empty', () => {
    const environment = {MCPX_URL: '', MCPX_TOKEN: '', MCPX_CONTEXT: ''}
    expect(chooseServer({}, environment, kept)).to.deep.equal(kept.contexts.local)
  })

  it('comes from flags before the environment', () => {
    const environment = {MCPX_URL: 'https://other.example', MCPX_TOKEN: 'one'}
    expect(chooseServer({context: 'work'}, environment, kept)).to.deep.equal(kept.contexts.work)
    expect(chooseServer({url: 'https://a.example', token: 'mine'}, environment, kept)).to.deep.equal({
      url: 'https://a.example',
      token: 'mine',
    })
  })

  it('never gets the token of another server', () => {
    expect(chooseServer({url: 'https://evil.example'}, {}, kept)).to.deep.equal({url: 'https://evil.example'})
    expect(chooseServer({}, {MCPX_URL: 'http://localhost:9999'}, kept)).not.to.have.property('token')
  })

  it('gets the token that is kept for it, whichever context is current', () => {
    expect(chooseServer({url: 'https://mcpx.example.com/'}, {}, kept)).to.have.property('token', 'work-token')
  })

  it('must be known when it is named', () => {
    expect(() => chooseServer({context: 'nope'}, {}, kept))
      .to.throw(Problem, 'nope')
      .with.property('code', 'context-unknown')
  })
})

describe('the name of a new context', () => {
  it('is the host, or `local` on this machine', () => {
    expect(contextName('https://mcpx.example.com/x')).to.equal('mcpx.example.com')
    expect(contextName('http://127.0.0.1:8080')).to.equal('local')
    expect(contextName('http://[::1]')).to.equal('local')
  })
})
