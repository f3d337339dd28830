// Encrypted backups of the browser and of the command line are the same files.

import {Readable} from 'node:stream'
import {buffer} from 'node:stream/consumers'
import {createGunzip, createGzip} from 'node:zlib'
import {expect} from 'chai'
import * as ofCli from '../../src/cli/sealed-file.ts'
import {Failure} from '../../src/web/data/failure.ts'
import * as ofWeb from '../../src/web/data/sealed-file.ts'

const passphrase = 'corréct horse battery'
/** More than two frames, even when packed. */
const text = Array.from({length: 9000}, (_, index) => `${index * 7919} ${Math.sin(index)}\n`).join('')

const byCli = async (content: string): Promise<Blob> => {
  const packed = Readable.from([Buffer.from(content)]).pipe(createGzip())
  return new Blob([new Uint8Array(await buffer(Readable.from(ofCli.sealed(packed, passphrase))))])
}

describe('an encrypted backup', function () {
  this.timeout(60_000)
  it('of the command line is opened by the browser', async () => {
    expect(await ofWeb.opened(await byCli(text), passphrase)).to.equal(text)
  })

  it('of the browser is opened by the command line', async () => {
    const file = Buffer.from(await (await ofWeb.sealed(new Blob([text]), passphrase)).arrayBuffer())
    const unpacked = Readable.from(ofCli.opened(Readable.from([file]), passphrase)).pipe(createGunzip())
    expect((await buffer(unpacked)).toString()).to.equal(text)
  })

  it('is not opened by another passphrase, when it was cut off, or is something else', async () => {
    const whole = new Uint8Array(await (await byCli(text)).arrayBuffer())
    const said = async (bytes: Uint8Array<ArrayBuffer>, word = passphrase): Promise<string> => {
      const failure = await ofWeb.opened(new Blob([bytes]), word).catch((error: unknown) => error)
      expect(failure).to.be.instanceOf(Failure)
      return (failure as Failure).problem.detail
    }
    expect(await said(whole, 'another passphrase')).to.match(/passphrase is another/)
    expect(await said(whole.slice(0, -1))).to.match(/end is missing/)
    expect(await said(whole.slice(0, 22 + 4 + 65_536 + 16))).to.match(/altered/)
    expect(await said(new TextEncoder().encode('{"noun":"token"}'.repeat(9)))).to.match(/not a backup/)
  })
})
