// Many certificates renewed at once, without a failed request; `node scripts/renewals.ts` does it with a thousand.
import {expect} from 'chai'
import {renewMany} from '../../support/renewals.ts'

describe('many certificates', () => {
  it('are renewed in one run while their hosts are served', async () => {
    const {failures, requests, seen} = await renewMany(40)
    expect(failures).to.deep.equal([])
    expect(requests).to.be.greaterThan(0)
    expect(seen).to.be.within(1, 2)
  }).timeout(120_000)
})
