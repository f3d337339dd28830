// `mcpx cert ca install` for real, where it does no harm: the trust store of the system is a copy that one shell alone sees.
import {execFileSync} from 'node:child_process'
import {mkdirSync} from 'node:fs'
import {join} from 'node:path'
import {expect} from 'chai'
import {type Cli, openCli} from '../../support/cli.ts'
import {HttpsServer} from '../../support/https-server.ts'
import {run} from '../../support/run.ts'

/** What it runs finds an empty folder for certificates and a copy of the system's in place of both. */
const apart = `set -e
cp -a /etc/ssl/certs "$HOME/certs"
mount --bind "$HOME/certs" /etc/ssl/certs
mount -t tmpfs none /usr/local/share/ca-certificates
`

describe('cert ca install', () => {
  let mcpx: HttpsServer
  let cli: Cli

  before(async () => {
    mcpx = await HttpsServer.start()
    const target_url = await mcpx.upstream((_request, response) => response.end('trusted'))
    await mcpx.api('POST', '/proxy/targets', {hostname: 'web.localhost', target_url})
    await mcpx.settled('web.localhost')
    cli = openCli({MCPX_URL: mcpx.server.url, MCPX_TOKEN: mcpx.server.adminToken})
  })

  after(async () => {
    cli.close()
    await mcpx.stop()
  })

  it('makes curl and the browsers of the person trust local names, and tells how to undo it', async () => {
    const database = join(cli.home, '.pki/nssdb')
    mkdirSync(database, {recursive: true})
    execFileSync('certutil', ['-N', '--empty-password', '-d', `sql:${database}`])
    const url = `https://web.localhost:${mcpx.httpsPort}/`
    const get = `env -u CURL_CA_BUNDLE -u SSL_CERT_FILE curl -sS --resolve web.localhost:${mcpx.httpsPort}:127.0.0.1 ${url} 2>&1`
    const script = `${apart}
${get} || true
mcpx cert ca install 2>&1 | tee "$HOME/said"
${get}
echo
sed -n 's/.*to undo it: \`//; T; s/\` and \`/\\n/g; s/sudo //g; s/\`$//; p' "$HOME/said" > "$HOME/undo"
certutil -L -d sql:${database}
sh -e "$HOME/undo" > /dev/null 2>&1
${get} || echo undone
`
    const {code, stdout, stderr} = await run('unshare', [
      '--map-root-user',
      '--mount',
      'env',
      `HOME=${cli.home}`,
      `MCPX_URL=${mcpx.server.url}`,
      `MCPX_TOKEN=${mcpx.server.adminToken}`,
      'bash',
      '-c',
      `mcpx() { '${process.execPath}' bin/dev.js "$@"; }\n${script}`,
    ])
    expect(code, stdout + stderr).to.equal(0)
    const installed = stdout.indexOf('/usr/local/share/ca-certificates/mcpx-local-ca.crt')
    const [before, after] = [stdout.slice(0, installed), stdout.slice(installed)]
    expect(before).to.match(/curl: \(60\)/)
    expect(after).to.match(/^trusted$/m)
    expect(after).to.match(/^mcpx local CA +C,,/m)
    expect(after).to.match(/undone\n$/)
    const {stdout: left} = await run('certutil', ['-L', '-d', `sql:${database}`])
    expect(left).to.not.include('mcpx')
  }).timeout(60_000)
})
