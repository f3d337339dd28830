// Lines of the first generation: each becomes a command that exists, with arguments and flags that it has.
import {existsSync, readFileSync} from 'node:fs'
import type {Interfaces} from '@oclif/core'
import {expect} from 'chai'
import {oldNames, translated} from '../../src/cli/old-names.ts'
import {allCommands, type CommandClass} from '../support/commands.ts'

describe('old names', () => {
  let commands: Map<string, CommandClass>
  before(async () => {
    commands = await allCommands()
  })

  it('stand for commands, arguments and flags that exist', () => {
    for (const [name, {command, words}] of Object.entries(oldNames)) {
      const id = command.split(' --')[0]?.replaceAll(' ', '.') ?? ''
      const found = commands.get(id)
      expect(found, `${name}: ${id}`).not.to.equal(undefined)
      const flags = {...found?.flags, ...found?.baseFlags} as Record<string, Interfaces.Flag<unknown>>
      const args = words.filter(word => /^[a-z_]+$/.test(word) && word !== 'token')
      expect(Object.keys(found?.args ?? {}).slice(0, args.length), name).to.deep.equal(args)
      for (const word of [...words, ...command.split(' ')].filter(one => one.startsWith('--'))) {
        const flag = word.replace(/^--|\?$/g, '')
        expect(flags, `${name}: ${flag}`).to.have.property(flag)
        expect(flags[flag]?.type, `${name}: ${flag}`).to.equal(
          word.endsWith('?') || command.includes(word) ? 'boolean' : 'option',
        )
      }
    }
  })

  it('take the admin token by its form wherever it stands, and by its place', () => {
    const words = ['proxy', 'create', 'a.example', 'http://127.0.0.1:1']
    const [, , host = '', url = ''] = words
    expect(translated(['proxy-create', host, url])).to.deep.equal({words})
    expect(translated(['proxy-create', host, url, 'secret'], undefined)).to.deep.equal({
      words,
      token: 'secret',
    })
    expect(translated(['proxy-create', host, 'acm_x', url])).to.deep.equal({words, token: 'acm_x'})
    expect(
      translated(['proxy-create', host, url, 'me@example.com', 'acm_x', 'true', 'false'], undefined),
    ).to.deep.equal({
      words: [...words, '--cert-email', 'me@example.com', '--staging', '--no-preserve-host-header'],
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
      words: [
        'route',
        'create',
        '/mcp',
        'instance',
        'backend',
        '--priority',
        '60',
        '--methods',
        'GET,POST',
        '--json',
      ],
    })
    expect(translated(['proxy', 'list'])).to.equal(undefined)
  })

  it('each have a recipe in the justfile', () => {
    const file = new URL('../../justfile', import.meta.url)
    expect(existsSync(file)).to.equal(true)
    const recipes = readFileSync(file, 'utf8').match(/^[a-z][a-z-]*(?= \*words:)/gm)
    expect(recipes).to.deep.equal(Object.keys(oldNames))
  })
})
