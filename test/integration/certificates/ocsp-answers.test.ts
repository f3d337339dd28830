// Which OCSP answers are believed (RFC 6960 §3.2, RFC 5019): those of openssl's responder, rightly and wrongly signed.
import {once} from 'node:events'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {createServer, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {buffer} from 'node:stream/consumers'
import {expect} from 'chai'
import {fetchStaple, Revoked} from '../../../src/server/certificates/ocsp.ts'
import {run} from '../../support/run.ts'

const hour = 3_600_000

interface Said {
  /** Whose certificate and key sign; default the CA's. */
  signer?: string
  revoked?: boolean
  /** Of another certificate of the same CA. */
  other?: boolean
  days?: boolean
}

describe('an OCSP answer', () => {
  let home: string
  let responder: Server
  let said: Said = {}
  let respond: (answer: Buffer) => Buffer = answer => answer

  const place = (name: string): string => join(home, name)
  const openssl = async (...args: string[]): Promise<string> => {
    const {code, stdout, stderr} = await run('openssl', args)
    if (code !== 0) throw new Error(stderr)
    return stdout
  }
  const keyOf = (kind: string): string[] =>
    kind === 'rsa' ? ['-newkey', 'rsa:2048'] : ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
  const makeCa = (name: string, kind = 'ec'): Promise<string> =>
    openssl(
      'req',
      '-x509',
      ...keyOf(kind),
      '-nodes',
      '-subj',
      '/CN=the CA',
      '-keyout',
      place(`${name}.key`),
      '-out',
      place(`${name}.pem`),
    )
  const makeLeaf = async (name: string, ca: string, extension: string): Promise<void> => {
    writeFileSync(place('ext'), extension)
    await openssl(
      'req',
      '-new',
      ...keyOf('ec'),
      '-nodes',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      place(`${name}.key`),
      '-out',
      place('csr'),
    )
    await openssl(
      'x509',
      '-req',
      '-in',
      place('csr'),
      '-CA',
      place(`${ca}.pem`),
      '-CAkey',
      place(`${ca}.key`),
      '-CAcreateserial',
      '-days',
      '30',
      '-extfile',
      place('ext'),
      '-out',
      place(`${name}.pem`),
    )
  }
  const chain = (leaf: string, ca: string): string =>
    readFileSync(place(`${leaf}.pem`), 'utf8') + readFileSync(place(`${ca}.pem`), 'utf8')

  /** What openssl's responder says to `question`, as told. */
  const answer = async (question: Buffer): Promise<Buffer> => {
    const {signer = 'ca', revoked = false, other = false, days = true} = said
    writeFileSync(place('question'), question)
    if (other)
      await openssl(
        'ocsp',
        '-issuer',
        place('ca.pem'),
        '-cert',
        place('plain.pem'),
        '-no_nonce',
        '-reqout',
        place('question'),
      )
    const asked = await openssl('ocsp', '-reqin', place('question'), '-req_text')
    const serial = /Serial Number: ([0-9A-F]+)/.exec(asked)?.[1] as string
    const state = revoked ? 'R\t490101000000Z\t260101000000Z' : 'V\t490101000000Z\t'
    writeFileSync(place('index'), `${state}\t${serial}\tunknown\t/CN=x\n`)
    const ca = signer === 'rsa' ? 'rsa' : 'ca'
    await openssl(
      'ocsp',
      '-index',
      place('index'),
      '-CA',
      place(`${ca}.pem`),
      '-reqin',
      place('question'),
      '-rsigner',
      place(`${signer}.pem`),
      '-rkey',
      place(`${signer}.key`),
      '-respout',
      place('answer'),
      ...(days ? ['-ndays', '1'] : []),
    )
    return respond(readFileSync(place('answer')))
  }

  before(async () => {
    home = mkdtempSync(join(tmpdir(), 'mcpx-ocsp-'))
    responder = createServer((request, response) => {
      void buffer(request)
        .then(answer)
        .then(bytes => response.end(bytes))
    })
    responder.listen(0, '127.0.0.1')
    await once(responder, 'listening')
    const url = `http://127.0.0.1:${(responder.address() as AddressInfo).port}`
    await Promise.all([makeCa('ca'), makeCa('forger'), makeCa('rsa', 'rsa')])
    const asks = `authorityInfoAccess=OCSP;URI:${url}\nsubjectAltName=DNS:a.example.com\n`
    await makeLeaf('leaf', 'ca', asks)
    await makeLeaf('rsa-leaf', 'rsa', asks)
    await makeLeaf('plain', 'ca', 'extendedKeyUsage=serverAuth\n')
    await makeLeaf('delegate', 'ca', 'extendedKeyUsage=OCSPSigning\n')
    await makeLeaf('stranger', 'forger', 'extendedKeyUsage=OCSPSigning\n')
  })

  after(() => {
    responder.closeAllConnections()
    responder.close()
    rmSync(home, {recursive: true, force: true})
  })

  beforeEach(() => {
    respond = bytes => bytes
  })

  /** Until when it holds, `revoked`, or why it is not believed. */
  const verdict = async (what: Said, now = Date.now(), of = chain('leaf', 'ca')): Promise<string> => {
    said = what
    try {
      const staple = await fetchStaple(of, now)
      return `good for ${Math.round((Date.parse(staple?.ocsp_until ?? '') - Date.now()) / hour)} h`
    } catch (error) {
      return error instanceof Revoked ? 'revoked' : (error as Error).message
    }
  }

  it('is believed when the CA signed it, with ECDSA or RSA', async () => {
    expect(await verdict({})).to.equal('good for 24 h')
    expect(await verdict({revoked: true})).to.equal('revoked')
    expect(await verdict({signer: 'rsa'}, Date.now(), chain('rsa-leaf', 'rsa'))).to.equal('good for 24 h')
  })

  it('is believed when one signed it whom the CA lets answer', async () => {
    expect(await verdict({signer: 'delegate'})).to.equal('good for 24 h')
    expect(await verdict({signer: 'delegate', revoked: true})).to.equal('revoked')
  })

  for (const [signer, who] of [
    ['forger', 'another CA of the same name'],
    ['stranger', 'one whom another CA lets answer'],
    ['plain', 'another certificate of the CA'],
  ] as const)
    it(`is believed neither good nor revoked when ${who} signed it`, async () => {
      const forged = 'the answer is not signed by the CA, nor by one who may answer for it'
      expect(await verdict({signer})).to.equal(forged)
      expect(await verdict({signer, revoked: true})).to.equal(forged)
    })

  it('is not believed with one bit changed', async () => {
    respond = bytes => {
      // The digit of a year, in what is signed.
      const at = bytes.indexOf(`${new Date().getUTCFullYear()}`)
      bytes.writeUInt8(bytes.readUInt8(at + 3) ^ 1, at + 3)
      return bytes
    }
    expect(await verdict({})).to.include('not signed by the CA')
  })

  it('is not believed about another certificate', async () => {
    expect(await verdict({other: true})).to.equal('the answer is about another certificate')
  })

  it('is not believed before its time, after it, or without one', async () => {
    expect(await verdict({}, Date.now() - hour)).to.equal('the answer is from the future')
    expect(await verdict({}, Date.now() + 25 * hour)).to.include('out of date')
    expect(await verdict({revoked: true}, Date.now() + 25 * hour)).to.include('out of date')
    expect(await verdict({days: false})).to.include('does not say until when')
  })

  it('is not believed when it is cut off, or no answer at all', async () => {
    respond = bytes => bytes.subarray(0, 100)
    expect(await verdict({})).to.include('cut off')
    respond = () => Buffer.from('<html>')
    expect(await verdict({}))
      .to.be.a('string')
      .and.not.match(/^(good|revoked)/)
    respond = () => Buffer.from('30030a0106', 'hex')
    expect(await verdict({})).to.equal('the responder refused (6)')
  })
})
