// The runner of documents, before it judges anything.
import {expect} from 'chai'
import {consoleSteps, fits} from '../support/console.ts'

describe('a document that runs', () => {
  it('gives the commands of its console blocks, with output and exit code', () => {
    const document = [
      'Text.',
      '```console',
      '$ mcpx one',
      'first',
      'second',
      '$ mcpx two \\',
      '>   --flag',
      'oops',
      '[2]',
      '```',
      '```sh',
      '$ rm -rf /',
      '```',
    ].join('\n')
    expect(consoleSteps(document)).to.deep.equal([
      {line: 3, command: 'mcpx one', expected: 'first\nsecond\n', code: 0},
      {line: 6, command: 'mcpx two \\\n  --flag', expected: 'oops\n', code: 2},
    ])
  })

  it('takes output that is the same but for what `...` stands for', () => {
    expect(fits('id ...\n...\nend\n', 'id r123\na\nb\nend\n')).to.equal(true)
    expect(fits('id ...\n...\nend\n', 'id r123\nend')).to.equal(true)
    expect(fits('a  \nb\n', 'a\nb   \n')).to.equal(true)
    expect(fits('', '')).to.equal(true)
  })

  it('refuses other output', () => {
    expect(fits('id ...\n', 'name r123\n')).to.equal(false)
    expect(fits('a\n', 'a\nb\n')).to.equal(false)
    expect(fits('', 'a\n')).to.equal(false)
    expect(fits('a.c\n', 'abc\n')).to.equal(false)
  })
})
