// Lines of the first generation: where a token stands in them, what is passed over, and the justfile that calls them.
import {existsSync, readFileSync} from 'node:fs'
import {expect} from 'chai'
import {composeNames, oldGroups, oldNames, oldNotes, translated} from '../../src/cli/old-names.ts'

describe('old names', () => {
  it('take the admin token by its form wherever it stands, and by its place', () => {
    const words = ['proxy', 'create', 'a.example', 'http://127.0.0.1:1']
    const [, , host = '', url = ''] = words
    expect(translated(['proxy-create', host, url])).to.deep.equal({lines: [words]})
    expect(translated(['proxy-create', host, url, 'secret'], undefined)).to.deep.equal({
      lines: [words],
      token: 'secret',
    })
    expect(translated(['proxy-create', host, 'acm_x', url])).to.deep.equal({lines: [words], token: 'acm_x'})
    expect(
      translated(['proxy-create', host, url, 'me@example.com', 'acm_x', 'true', 'false'], undefined),
    ).to.deep.equal({
      lines: [[...words, '--cert-email', 'me@example.com', '--staging', '--no-preserve-host-header']],
      token: 'acm_x',
    })
  })

  it('pass over empty words and what has no meaning any more, and keep flags of today', () => {
    expect(
      translated(
        ['route-create', '/mcp', 'instance', 'backend', '', '60', 'GET,POST', 'false', '--json'],
        undefined,
      ),
    ).to.deep.equal({
      lines: ['route create /mcp instance backend --priority 60 --methods GET,POST --json'.split(' ')],
    })
    expect(translated(['proxy', 'list'])).to.equal(undefined)
  })

  it('each have a recipe in the justfile', () => {
    const file = new URL('../../justfile', import.meta.url)
    expect(existsSync(file)).to.equal(true)
    const recipes = readFileSync(file, 'utf8').match(/^[a-z][a-z-]*(?= \*words:)/gm)
    const names = [composeNames, oldNames, oldGroups, oldNotes].flatMap(Object.keys)
    expect(recipes).to.have.members([...new Set(names)])
  })
})
