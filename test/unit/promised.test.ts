// What users have or were promised on the command line, line by line, against the commands that ship.
import {readFileSync} from 'node:fs'
import {parse} from '@oclif/core/parser'
import {expect} from 'chai'
import {composeNames, oldGroups, oldNames, oldNotes, translated} from '../../src/cli/old-names.ts'
import {allCommands, type CommandClass} from '../support/commands.ts'

interface Manifest {
  commands: Record<
    string,
    {
      args: Record<string, {required?: boolean}>
      flags: Record<string, {char?: string; aliases?: string[]; allowNo?: boolean}>
    }
  >
}

/** Commands with what they take: `a|b` are commands beside one another, `NAME` is required, `[NAME]` may be left out. */
const promised = `
serve
init --domain --email --yes --no-input
health
stats
logs -f
cleanup
redis
open
token create NAME --cert-email
token list
token show|delete|update NAME
cert create NAME [DOMAIN] --domain --email --staging --wildcard
cert list
cert show NAME --pem
cert status NAME --wait
cert renew NAME --force
cert delete|promote NAME
cert coverage
cert import NAME --cert --key
proxy create HOST [URL] --cert-email --staging --preserve-host-header --enable-http --enable-https
proxy list
proxy show|update|delete|enable|disable HOST
proxy delete HOST --delete-certificate
proxy cert attach HOST CERT
proxy cert generate HOST --staging
proxy auth enable HOST --mode --users --emails --groups
proxy auth disable|show HOST
proxy mcp enable HOST [ENDPOINT] --scopes --stateful --override-backend
proxy mcp disable|show HOST
proxy route list HOST
proxy route mode HOST [MODE]
proxy route enable|disable HOST ROUTE
proxy key create|revoke HOST NAME
proxy key list HOST
route create PATH TYPE TARGET --priority --methods --is-regex --description --hosts
route list
route show|update|enable|disable|delete ID
instance register NAME URL --description
instance list
instance show|update|delete NAME
oauth setup
oauth client register NAME --redirect-uris --scope
oauth client list
oauth client show|delete|tokens ID
oauth session list
oauth session show|revoke ID
oauth token list
oauth token show|revoke JTI
oauth metrics
oauth health
oauth status [HOST]
oauth test URL
resource register URI PROXY --name --scopes
resource list
resource show|update|delete URI
resource validate URI --token
service create NAME --image --dockerfile --publish --memory --cpus --proxy
service list
service show|update|delete|start|stop|restart NAME
service logs NAME -f --lines --timestamps
service stats [NAME] --watch
service proxy create NAME HOST
service port add NAME PORT --host --container --bind --source-token
service port remove NAME PORT
service port list NAME
port list
port available
port check PORT --bind
port token create NAME SERVICES [PORTS] [EXPIRES]
port token list
port token revoke NAME
demo --docker --protected --remove
`

/** Every recipe of the first generation with all of its words, and the commands of today it stands for. */
const recipes: Record<string, string> = {
  up: 'serve',
  dev: 'serve',
  setup: 'init --yes',
  'generate-admin-token': '',
  'generate-oauth-key': '',
  health: 'health',
  'stats acm_t': 'stats',
  'logs proxy': 'logs',
  'cleanup-orphaned acm_t': 'cleanup',
  'redis-cli': 'redis',
  'web-ui': 'open',
  'token-generate ci a@b.c': 'token create ci --cert-email a@b.c',
  'token-show ci': 'token show ci',
  'token-list': 'token list',
  'token-delete ci': 'token delete --yes ci',
  'token-email-update ci a@b.c': 'token update ci --cert-email a@b.c',
  'token-show-certs ci': 'token certificates ci',
  'cert-create api a.example a@b.c acm_t staging': 'cert create api a.example --email a@b.c --staging',
  'cert-create-multi api a.example,b.example a@b.c acm_t':
    'cert create api --domains a.example,b.example --email a@b.c',
  'cert-create-wildcard api a.example a@b.c acm_t': 'cert create --wildcard api a.example --email a@b.c',
  'cert-list acm_t': 'cert list',
  'cert-show api pem': 'cert show api --pem',
  'cert-status api acm_t wait': 'cert status api --wait',
  'cert-renew api acm_t force': 'cert renew api --force',
  'cert-delete api acm_t force': 'cert delete --yes api',
  'cert-to-production api acm_t': 'cert promote api',
  'cert-coverage': 'cert coverage',
  'proxy-create a.example http://b:1 acm_t a@b.c true false true false':
    'proxy create a.example http://b:1 --cert-email a@b.c --staging --no-preserve-host-header --enable-http --no-enable-https',
  'proxy-list': 'proxy list',
  'proxy-show a.example': 'proxy show a.example',
  'proxy-update a.example acm_t --enable-http=false': 'proxy update a.example --no-enable-http',
  'proxy-delete a.example acm_t true force': 'proxy delete --yes a.example --delete-certificate',
  'proxy-enable a.example acm_t': 'proxy enable a.example',
  'proxy-disable a.example acm_t': 'proxy disable a.example',
  'proxy-create-group g a.example,b.example http://c:1 acm_t true false':
    'cert create g --domains a.example,b.example --staging; proxy create a.example http://c:1 --certificate g --no-preserve-host-header; proxy create b.example http://c:1 --certificate g --no-preserve-host-header',
  'proxy-cert-attach a.example api acm_t': 'proxy cert attach a.example api',
  'proxy-cert-generate a.example acm_t true': 'proxy cert generate a.example --staging',
  'proxy-auth-enable a.example acm_t auth.example forward': 'proxy auth enable a.example --mode forward',
  'proxy-auth-config a.example ada,bob a@b.c team acm_t':
    'proxy auth enable a.example --required-users ada,bob --required-emails a@b.c --required-groups team',
  'proxy-auth-disable a.example acm_t': 'proxy auth disable --yes a.example',
  'proxy-auth-show a.example': 'proxy auth show a.example',
  'proxy-mcp-enable a.example acm_t /mcp mcp:read,mcp:write true true':
    'proxy mcp enable a.example /mcp --scopes mcp:read,mcp:write --stateful --override-backend',
  'proxy-mcp-disable a.example acm_t': 'proxy mcp disable --yes a.example',
  'proxy-mcp-show a.example': 'proxy mcp show a.example',
  'proxy-routes-show a.example': 'proxy route list a.example',
  'proxy-routes-mode a.example all acm_t': 'proxy route mode a.example all',
  'proxy-routes-set a.example r1,r2 r3 acm_t':
    'proxy route mode a.example --enabled-routes r1,r2 --disabled-routes r3',
  'proxy-route-enable a.example r1 acm_t': 'proxy route enable a.example r1',
  'proxy-route-disable a.example r1 acm_t': 'proxy route disable a.example r1',
  'route-create /mcp instance b acm_t 60 GET,POST true note':
    'route create /mcp instance b --priority 60 --methods GET,POST --is-regex --description note',
  'route-list': 'route list',
  'route-show r1': 'route show r1',
  'route-update r1 acm_t --priority 60': 'route update r1 --priority 60',
  'route-enable r1 acm_t': 'route enable r1',
  'route-disable r1 acm_t': 'route disable r1',
  'route-delete r1 acm_t': 'route delete --yes r1',
  'instance-register b http://c:1 acm_t note': 'instance register b http://c:1 --description note',
  'instance-register-oauth acm_t': 'instance register auth http://localhost:9000',
  'instance-list': 'instance list',
  'instance-show b': 'instance show b',
  'instance-update b http://d:1 acm_t': 'instance update b --target-url http://d:1',
  'instance-delete b acm_t': 'instance delete --yes b',
  'oauth-routes-setup auth.example acm_t': 'oauth setup',
  'oauth-client-register app https://app.example/cb mcp:read':
    'oauth client register app --redirect-uris https://app.example/cb --scope mcp:read',
  'oauth-clients-list': 'oauth client list',
  'oauth-client-show id': 'oauth client show id',
  'oauth-client-tokens id': 'oauth client tokens id',
  'oauth-sessions-list': 'oauth session list',
  'oauth-session-show id': 'oauth session show id',
  'oauth-session-revoke id': 'oauth session revoke --yes id',
  'oauth-tokens-stats': 'oauth token list',
  'oauth-token-show jti': 'oauth token show jti',
  'oauth-metrics': 'oauth metrics',
  'oauth-health': 'oauth health',
  'oauth-proxy-status a.example': 'oauth status a.example',
  'oauth-test-tokens https://a.example/mcp': 'oauth test https://a.example/mcp',
  'resource-register https://a.example a.example Name acm_t mcp:read':
    'resource register https://a.example a.example --name Name --scopes mcp:read',
  'resource-list': 'resource list',
  'resource-show https://a.example': 'resource show https://a.example',
  'resource-validate https://a.example ey.a.b': 'resource validate https://a.example --token ey.a.b',
  'service-create s nginx:latest  8080 acm_t 512m 1.0 true':
    'service create s --image nginx:latest --port 8080 --memory 512m --cpus 1.0',
  'service-create-exposed s nginx 8080 127.0.0.1 acm_t 256m 0.5':
    'service create s --image nginx --publish 127.0.0.1:8080 --memory 256m --cpus 0.5',
  'service-list': 'service list',
  'service-show s': 'service show s',
  'service-delete s acm_t': 'service delete --yes s',
  'service-start s': 'service start s',
  'service-stop s': 'service stop s',
  'service-restart s': 'service restart s',
  'service-logs s 100 true': 'service logs s --lines 100 --timestamps',
  'service-stats s': 'service stats s',
  'service-proxy-create s a.example true acm_t': 'service proxy create s a.example',
  'service-cleanup': 'cleanup',
  'service-port-add s admin 8081 8082 127.0.0.1 true acm_t':
    'service port add s admin --host 8081 --container 8082 --bind 127.0.0.1 --source-token',
  'service-port-remove s admin acm_t': 'service port remove --yes s admin',
  'service-port-list s': 'service port list s',
  'service-port-check 8080 127.0.0.1': 'port check 8080 --bind 127.0.0.1',
  'port-list': 'port list',
  'port-available': 'port available',
  'port-token-create t a,b 8080,8081 30d acm_t': 'port token create t a,b 8080,8081 30d',
  'port-token-create t  8080 30d': 'port token create t  8080 30d',
  'port-token-list': 'port token list',
  'port-token-revoke t acm_t': 'port token revoke --yes t',
  'mcp-echo-setup': 'demo',
  'mcp-echo-start': 'demo',
}

/** `a b|c NAME --flag` with each of the commands beside one another. */
function* linesOf(text: string): Generator<{id: string; args: string[]; flags: string[]}> {
  for (const line of text.trim().split('\n')) {
    const words = line.split(' ')
    const name = words.filter(word => /^[a-z]/.test(word)).map(word => word.split('|'))
    const args = words.filter(word => /^\[?[A-Z]/.test(word))
    for (const last of name.at(-1) ?? [])
      yield {
        id: [...name.slice(0, -1).flat(), last].join(':'),
        args,
        flags: words.filter(word => word.startsWith('-')),
      }
  }
}

describe('what was promised', () => {
  const manifest = JSON.parse(
    readFileSync(new URL('../../oclif.manifest.json', import.meta.url), 'utf8'),
  ) as Manifest
  let commands: Map<string, CommandClass>
  before(async () => {
    commands = await allCommands()
  })

  it('ships: each command with its arguments and flags', () => {
    for (const {id, args, flags} of linesOf(promised)) {
      const command = manifest.commands[id]
      expect(command, id).to.not.equal(undefined)
      if (!command) continue
      const required = Object.values(command.args).map(arg => arg.required === true)
      expect(required.slice(0, args.length), `${id} ${args.join(' ')}`).to.deep.equal(
        args.map(arg => !arg.startsWith('[')),
      )
      expect(required.slice(args.length), `${id}: nothing else is required`).to.not.include(true)
      const names = Object.entries(command.flags).flatMap(([name, {char, aliases = []}]) => [
        `--${name}`,
        `-${char}`,
        ...aliases.map(alias => `--${alias}`),
      ])
      expect(names, id).to.include.members(flags)
    }
  })

  it('holds for every recipe of the first generation, which stands for commands that can be read', async () => {
    const tried = new Set(Object.keys(recipes).map(line => line.split(' ')[0]))
    const known = [oldNames, oldGroups, oldNotes].flatMap(Object.keys)
    expect([...tried]).to.have.members(known)
    for (const [line, expected] of Object.entries(recipes)) {
      const {lines = []} = translated(line.split(' '), undefined) ?? {}
      expect(lines.map(words => words.join(' ')).join('; '), line).to.equal(expected)
      for (const words of lines) await readable(words)
    }
  })

  it('tells for what only Docker Compose does which words do it', () => {
    for (const [name, words] of Object.entries(composeNames).filter(([one]) => !(one in oldNames)))
      expect(() => translated([name]))
        .to.throw()
        .with.property('hint')
        .that.contains(`docker compose ${words}`)
  })

  /** What oclif does with the words before a command runs. */
  async function readable(words: string[]): Promise<void> {
    const length = words.findLastIndex((_, i) => commands.has(words.slice(0, i + 1).join('.'))) + 1
    const command = commands.get(words.slice(0, length).join('.'))
    expect(command, words.join(' ')).to.not.equal(undefined)
    const {args, flags} = await parse(words.slice(length), {
      args: command?.args ?? {},
      flags: {...command?.baseFlags, ...command?.flags},
      strict: command?.strict ?? true,
    })
    expect({...args, ...flags}).to.be.an('object')
  }
})
