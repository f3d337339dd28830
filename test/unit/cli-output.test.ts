// What people see: widths, values, problems, and how commands are written in hints.
import {stripVTControlCharacters} from 'node:util'
import {expect} from 'chai'
import {exchangeLine} from '../../src/cli/exchange.ts'
import {commandName} from '../../src/cli/hint.ts'
import {editDistance, nearest} from '../../src/cli/nearest.ts'
import {bytes, cell, type Format, fitted, Output, span} from '../../src/cli/output.ts'
import {printable} from '../../src/cli/printable.ts'
import {problemText} from '../../src/cli/report.ts'
import {clientSnippets} from '../../src/cli/snippets.ts'
import {isAnimated} from '../../src/cli/spinner.ts'
import {terminalWidth} from '../../src/cli/terminal-width.ts'
import {fieldProblem, Problem} from '../../src/core/problem.ts'

describe('a table', () => {
  it('keeps its widths where there is room', () => {
    expect(fitted([5, 10, 20], 80)).to.deep.equal([5, 10, 20])
  })

  it('takes from the widest columns until it fits', () => {
    const widths = fitted([5, 60, 60], 80)
    expect(widths.reduce((sum, one) => sum + one + 2, -2)).to.equal(80)
    expect(widths[0]).to.equal(5)
  })

  it('stays readable where nothing fits, and always names its rows whole', () => {
    expect(fitted([30, 30, 30], 10)).to.deep.equal([30, 8, 8])
    expect(fitted([30], 10)).to.deep.equal([30])
  })
})

describe('a terminal', () => {
  it('without a size has that of COLUMNS, else 80 columns', () => {
    expect(terminalWidth({columns: 40}, {COLUMNS: '120'})).to.equal(40)
    expect(terminalWidth({columns: 0}, {COLUMNS: '120'})).to.equal(120)
    for (const COLUMNS of [undefined, '', '0', 'wide']) expect(terminalWidth({}, {COLUMNS})).to.equal(80)
  })
})

describe('a value', () => {
  it('reads as a person would write it', () => {
    expect([true, false, undefined, null, [], ['a', 'b'], {k: 'v'}, 3].map(cell)).to.deep.equal([
      'yes',
      'no',
      '–',
      '–',
      '–',
      'a, b',
      'k=v',
      '3',
    ])
  })

  it('stays on its line, and shows where it has breaks', () => {
    expect(cell('one\ntwo\n')).to.equal('one ⏎ two ⏎')
    expect(cell('one')).not.to.equal(cell('one\n'))
  })

  it('cannot steer the terminal', () => {
    expect(cell('a\u001b[31mb\u202ec\u0007')).to.equal('a�[31mb�c�')
    expect(printable('two\nlines')).to.equal('two\nlines')
  })

  it('has a unit that fits', () => {
    expect([0, 59, 60, 7200, 200_000].map(span)).to.deep.equal(['0 s', '59 s', '1 min', '2 h', '2 d'])
    expect([0, 1023, 1024, 1_572_864].map(bytes)).to.deep.equal(['0 B', '1023 B', '1.0 KiB', '1.5 MiB'])
  })
})

describe('a request as a line', () => {
  it('has status, duration, URL, MCP method and upstream', () => {
    const line = exchangeLine({
      id: 'x',
      time: '2026-01-02T03:04:05.000Z',
      host: 'app.example.com',
      method: 'POST',
      path: '/mcp',
      status: 200,
      ms: 1234,
      remote: '192.0.2.1',
      bytes_in: 1,
      bytes_out: 1,
      mcp_method: 'tools/call',
      mcp_name: 'echo',
      upstream: 'http://127.0.0.1:4000',
    })
    expect(stripVTControlCharacters(line)).to.match(
      / 200 {4}1\.2 s {2}POST {4}app\.example\.com\/mcp {2}tools\/call echo {2}→ http:\/\/127\.0\.0\.1:4000$/,
    )
  })
})

describe('a problem as text', () => {
  const text = (problem: Problem): string => stripVTControlCharacters(problemText(problem.document()))

  it('says what happened and what to do', () => {
    expect(text(new Problem('in-use', 'instance a is used by route b'))).to.equal(
      '✗ Other records need it\n  instance a is used by route b\n  → change or delete those first\n',
    )
  })

  it('names each field once', () => {
    expect(text(fieldProblem('invalid-request', 'path', 'has no /', 'write `/a`'))).to.equal(
      '✗ The request does not fit the description\n  path: has no /\n  → write `/a`\n',
    )
  })
})

describe('a command in a hint', () => {
  it('is the bare name when it is on the PATH', () => {
    expect(commandName('/usr/bin/mcpx', {PATH: '/bin:/usr/bin'})).to.equal('mcpx')
  })

  it('goes through npx in a clone, and when npx runs it', () => {
    expect(commandName('/src/mcpx/bin/run.js', {PATH: '/bin'})).to.equal('npx mcpx')
    expect(commandName('/n/.bin/mcpx', {PATH: '/n/.bin', npm_command: 'exec'})).to.equal('npx mcpx')
  })
})

describe('the nearest command', () => {
  it('is counted in letters', () => {
    expect(editDistance('rout lst', 'route list')).to.equal(2)
    expect(editDistance('', 'abc')).to.equal(3)
    expect(editDistance('exmaple', 'example')).to.equal(1)
    expect(editDistance('same', 'same')).to.equal(0)
  })

  it('is none where a short name would have to change much', () => {
    expect(nearest('nope.yaml', ['f7p.yaml'])).to.equal(undefined)
    expect(nearest('abc', ['xbz'])).to.equal(undefined)
    expect(nearest('mcp.yaml', ['f7p.yaml', 'mcpx.yaml'])).to.equal('mcpx.yaml')
    expect(nearest('instnce-regster', ['instance-register'])).to.equal('instance-register')
  })
})

describe('how to use the demo', () => {
  const snippets = (url: string): string =>
    stripVTControlCharacters(clientSnippets([{name: 'echo', url}]).join('\n'))

  it('is a command for each client that can reach it', () => {
    expect(snippets('http://127.0.0.1:8080/echo/mcp'))
      .to.contain('claude mcp add --transport http echo http://127.0.0.1:8080/echo/mcp')
      .and.contain('npx @modelcontextprotocol/inspector --cli http://127.0.0.1:8080/echo/mcp')
  })

  it('says what claude.ai needs, and offers it where that is there', () => {
    expect(snippets('http://127.0.0.1:8080/mcp')).to.contain('for this machine only')
    expect(snippets('http://echo.example.com/mcp')).to.contain('needs HTTPS on port 443')
    expect(snippets('https://echo.example.com:8443/mcp')).to.contain('needs HTTPS on port 443')
    expect(snippets('https://echo.example.com/mcp')).to.contain('connector: https://echo.example.com/mcp')
  })

  it('cannot be used to smuggle a command', () => {
    const lines = snippets("http://a.example/$(id);'`id`\u001b[2J")
    expect(lines).to.contain("--transport http echo 'http://a.example/$(id);'\\''%60id%60%1B[2J'\n")
  })
})

describe('a sign of life', () => {
  it('is for people at a terminal that shows it', () => {
    const terminal = {isTTY: true}
    expect(isAnimated(terminal, {TERM: 'xterm', NO_COLOR: ''})).to.equal(true)
    expect(isAnimated({}, {TERM: 'xterm'})).to.equal(false)
    for (const variable of ['CI', 'NO_COLOR'])
      expect(isAnimated(terminal, {TERM: 'xterm', [variable]: '1'}), variable).to.equal(false)
    expect(isAnimated(terminal, {TERM: 'dumb'})).to.equal(false)
  })
})

describe('documents that come one by one', () => {
  const printed = async (format: Format): Promise<string> => {
    const {write} = process.stdout
    let text = ''
    process.stdout.write = (piece: string) => {
      text += piece
      return true
    }
    try {
      const output = new Output(format)
      for (const host of ['a.example', 'b, "c"'])
        await output.item({host, status: 200, note: 1}, ['host', 'status'])
    } finally {
      process.stdout.write = write
    }
    return text
  }

  it('can be read one by one in every format', async () => {
    const [first, second] = (await printed('json')).trim().split('\n')
    expect([first, second].map(line => JSON.parse(line ?? '').host)).to.deep.equal(['a.example', 'b, "c"'])
    expect(await printed('csv')).to.equal('host,status\na.example,200\n"b, ""c""",200\n')
    expect(await printed('yaml')).to.match(/^---\nhost: a\.example\nstatus: 200\nnote: 1\n---\nhost: /)
  })
})
