// Common options before the command.
import {expect} from 'chai'
import {commandFirst} from '../../src/cli/option-order.ts'

describe('common options before the command', () => {
  const ordered = async (line: string) => (await commandFirst(line.split(' '))).join(' ')

  it('are moved behind it, with their values', async () => {
    expect(await ordered('--context prod proxy list')).to.equal('proxy list --context prod')
    expect(await ordered('-o csv --url=http://a proxy list --limit 3')).to.equal(
      'proxy list --limit 3 -o csv --url=http://a',
    )
    expect(await ordered('--json -ocsv api GET /x -- y')).to.equal('api GET /x --json -ocsv -- y')
  })

  it('stay where they are when others stand there', async () => {
    for (const line of [
      '--help',
      '--version',
      '-x proxy list',
      '--json --nope proxy list',
      'proxy list --json',
    ])
      expect(await ordered(line)).to.equal(line)
  })
})
