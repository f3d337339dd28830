// What the API guesses was meant by a value that does not fit.
import {expect} from 'chai'
import {domainName, hostname, name, upstreamUrl} from '../../src/core/contract/fields.ts'
import {likely} from '../../src/server/api/likely.ts'

describe('the guess at what was meant', () => {
  const guess = (schema: object, text: string) => likely(text, (schema as {pattern: string}).pattern)

  it('offers a hostname for other spellings of it', () => {
    const host = hostname('a host')
    expect(guess(host, 'App.Example.com')).to.equal('app.example.com')
    expect(guess(host, 'https://app.example.com/mcp')).to.equal('app.example.com')
    expect(guess(host, 'app.example.com:8080')).to.equal('app.example.com')
    expect(guess(host, 'app.example.com.')).to.equal('app.example.com')
    expect(guess(host, ' münchen.example')).to.equal('xn--mnchen-3ya.example')
    expect(guess(host, '::1')).to.equal('[::1]')
    expect(guess(domainName('a domain'), '[::1]')).to.equal('::1')
  })

  it('offers a URL for a port or a host', () => {
    const url = upstreamUrl('a URL')
    expect(guess(url, '3000')).to.equal('http://127.0.0.1:3000')
    expect(guess(url, 'localhost:3000')).to.equal('http://localhost:3000')
    expect(guess(url, 'ftp://files.example.com')).to.equal(undefined)
  })

  it('offers a name without what names do not have', () => {
    expect(guess(name('a thing'), 'My Tools!')).to.equal('my-tools')
    expect(guess(name('a thing'), '???')).to.equal(undefined)
  })

  it('repeats nothing that may hold a password', () => {
    expect(guess(upstreamUrl('a URL'), 'me:secret@localhost:3000')).to.equal(undefined)
  })
})
