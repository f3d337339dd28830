// Secrets are looked up by their SHA-256 or compared in constant time: never with an operator, whose time tells how far it got.
import {globSync, readFileSync} from 'node:fs'
import {expect} from 'chai'

const root = new URL('../../', import.meta.url)
const word = '[\\w.?#]*(?:secret|password|csrf|apiKey)\\b'
const absent = '\\s*(?:undefined|null)\\b'
const compared = new RegExp(`${word}\\s*[!=]==(?!${absent})|[!=]==\\s*${word}`, 'i')

describe('secrets', () => {
  it('are never compared with an operator', () => {
    expect('if (given === this.#secret) return').to.match(compared)
    expect('if (csrf !== expected) return').to.match(compared)
    expect('if (secret === undefined) return').to.not.match(compared)
    const found = globSync('src/{core,server}/**/*.ts', {cwd: root}).flatMap(file =>
      readFileSync(new URL(file, root), 'utf8')
        .split('\n')
        .filter(line => compared.test(line))
        .map(line => `${file}: ${line.trim()}`),
    )
    expect(found).to.deep.equal([])
  })
})
