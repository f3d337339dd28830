// Caddy's ACME server as a second CA. It looks names up as the system does and asks port 80: so `localhost`, http-01.
import {spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {connect, createServer, type ListenOptions, type NetConnectOpts, type Server} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect} from 'chai'
import {makeCa, makeKey, signLeaf} from '../../../src/server/certificates/x509-maker.ts'
import {startApi, type TestApi} from '../../support/api.ts'
import {freePort} from '../../support/free-port.ts'
import {type Program, startProgram} from '../../support/program.ts'
import {until} from '../../support/until.ts'

/** A network of its own, where port 80 is free; where this machine does not give any, its port 80 must be free itself. */
const apart = ['unshare', '--map-root-user', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh']
const canBeApart = (): boolean => spawnSync(apart[0] as string, [...apart.slice(1), 'true']).status === 0

/** Whoever connects to one is connected to the other: sockets of the file system reach across networks. */
async function bridge(from: ListenOptions, to: NetConnectOpts): Promise<Server> {
  const server = createServer(socket => {
    const other = connect(to)
    for (const [one, end] of [
      [socket, other],
      [other, socket],
    ] as const)
      one.on('error', () => end.destroy()).once('close', () => end.destroy())
    socket.pipe(other).pipe(socket)
  }).listen(from)
  await once(server, 'listening')
  return server
}

describe("certificates of Caddy's CA", () => {
  let directory: string
  let bridges: Server[]
  let caddy: Program
  let api: TestApi

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'mcpx-caddy-'))
    const [port, publicPort] = [await freePort(), await freePort()]
    const [acmeSocket, ownSocket] = [join(directory, 'acme.sock'), join(directory, 'mcpx.sock')]
    bridges = [
      await bridge({port, host: '127.0.0.1'}, {path: acmeSocket}),
      await bridge({path: ownSocket}, {port: publicPort, host: '127.0.0.1'}),
    ]
    const ca = await makeCa('test CA of the Caddy endpoint')
    const key = makeKey()
    const file = (name: string, text: string): string => {
      writeFileSync(join(directory, name), text)
      return join(directory, name)
    }
    const config = {
      admin: {disabled: true},
      storage: {module: 'file_system', root: join(directory, 'storage')},
      apps: {
        pki: {certificate_authorities: {local: {install_trust: false}}},
        tls: {
          certificates: {
            load_files: [
              {
                certificate: file('cert.pem', await signLeaf(ca, ['localhost', '127.0.0.1'], key, 30)),
                key: file('key.pem', key),
              },
            ],
          },
        },
        http: {
          servers: {
            acme: {
              listen: [`unix/${acmeSocket}`],
              automatic_https: {disable: true},
              tls_connection_policies: [{default_sni: 'localhost'}],
              routes: [
                {
                  handle: [
                    {
                      handler: 'acme_server',
                      ca: 'local',
                    },
                  ],
                },
              ],
            },
            mcpx: {
              listen: ['127.0.0.1:80'],
              automatic_https: {disable: true},
              routes: [{handle: [{handler: 'reverse_proxy', upstreams: [{dial: `unix/${ownSocket}`}]}]}],
            },
          },
        },
      },
    }
    const line = ['caddy', 'run', '--config', file('caddy.json', JSON.stringify(config))]
    const [command = '', ...words] = canBeApart() ? [...apart, ...line] : line
    caddy = startProgram(command, words, {
      env: {HOME: directory},
    })
    const acme = `https://127.0.0.1:${port}/acme/local/directory`
    await until(
      () =>
        fetch(acme).then(
          () => true,
          error => /certificate|verify/i.test(String((error as Error & {cause?: Error}).cause)),
        ),
      'Caddy answers',
    ).catch(error => {
      throw new Error(`${error.message}: ${caddy.output()}`)
    })
    const environment = {
      ACME_DIRECTORY_URL: acme,
      ACME_CA_BUNDLE: file('bundle.pem', ca.certificate_pem),
      ADMIN_EMAIL: 'admin@example.com',
      // It would ask this machine's port 80.
      ACME_PREFLIGHT: 'off',
      ACME_POLL_INTERVAL: '1',
      ACME_POLL_ATTEMPTS: '10',
    }
    api = await startApi(environment, {port: publicPort})
  })

  after(async () => {
    await api?.close()
    await caddy?.stop()
    for (const one of bridges ?? []) one.close()
    rmSync(directory, {recursive: true, force: true})
  })

  it('are issued, and renewed by a third of their twelve hours', async () => {
    await api.admin('POST', '/api/v1/certificates', {
      cert_name: 'caddy',
      domain: 'localhost',
      issuer: 'acme',
    })
    await until(
      async () => {
        const {body} = await api.admin('GET', '/api/v1/certificates/caddy/status?wait=true')
        expect(body.generation.state, JSON.stringify(body.generation)).to.not.equal('failed')
        return body.status === 'active'
      },
      'it is issued',
      20_000,
    )
    const {body} = await api.admin('GET', '/api/v1/certificates/caddy')
    expect(body.issued_by).to.match(/Caddy/)
    const left = Date.parse(body.expires_at) - Date.parse(body.renewal.at)
    expect(left / 3_600_000).to.be.within(3.9, 4.5)
  })

  it('are refused in the words of the CA, which tries on for ever', async () => {
    await api.admin('POST', '/api/v1/certificates', {cert_name: 'lost', domain: 'nowhere.example.com'})
    await until(
      async () => {
        const {generation} = (await api.admin('GET', '/api/v1/certificates/lost/status?wait=true')).body
        if (generation.state !== 'failed') return false
        expect(generation.problem).to.deep.include({
          type: 'urn:ietf:params:acme:error:connection',
          identifier: {type: 'dns', value: 'nowhere.example.com'},
        })
        return true
      },
      'it fails',
      40_000,
    )
  }).timeout(60_000)
})
