// Which names programs of this machine do not find.
import {lookup} from 'node:dns/promises'
import {expect} from 'chai'
import {namesCommand, unknownNames} from '../../src/cli/reachable.ts'

describe('names that lead to this machine', () => {
  it('are those to add that the system does not know; addresses and public names are left to others', async () => {
    const below = 'mcpx-of-no-machine.localhost'
    // Some systems know every name below localhost, others none.
    const known = await lookup(below).then(
      () => true,
      () => false,
    )
    const asked = ['localhost', '127.0.0.1', '[::1]', 'mcpx.example.com', below, below]
    expect(await unknownNames(asked)).to.deep.equal(known ? [] : [below])
  })

  it('are added by one command, whatever they are called', () => {
    expect(namesCommand(['a.localhost', 'b.localhost'])).to.equal(
      `echo '127.0.0.1 a.localhost b.localhost' | sudo tee -a /etc/hosts`,
    )
    expect(namesCommand([`a'b.localhost`])).to.contain(`'127.0.0.1 a'\\''b.localhost'`)
  })
})
