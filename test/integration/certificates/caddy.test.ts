// Caddy's ACME server as a second CA. It looks names up as the system does and asks port 80: so `localhost`, http-01.
import {execFileSync} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect} from 'chai'
import {makeCa, makeKey, signLeaf} from '../../../src/server/certificates/x509-maker.ts'
import {startApi, type TestApi} from '../../support/api.ts'
import {freePort} from '../../support/free-port.ts'
import {type Program, startProgram} from '../../support/program.ts'
import {until} from '../../support/until.ts'

describe("certificates of Caddy's CA", () => {
  let directory: string
  let caddy: Program
  let api: TestApi

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'mcpx-caddy-'))
    const port = await freePort()
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
              listen: [`127.0.0.1:${port}`],
              automatic_https: {disable: true},
              tls_connection_policies: [{}],
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
          },
        },
      },
    }
    caddy = startProgram('caddy', ['run', '--config', file('caddy.json', JSON.stringify(config))], {
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
    }
    api = await startApi(environment, {port: 80}).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') throw error
      const holder = execFileSync('ss', ['-ltnpH', 'sport', '=', ':80'], {encoding: 'utf8'}).trim()
      throw new Error(`Caddy's CA asks port 80 and no other, and something listens there: ${holder}`)
    })
  })

  after(async () => {
    await api?.close()
    await caddy?.stop()
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
})
