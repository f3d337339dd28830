// Where in the web UI each command of the command line is, and why some are not.
import type {Page} from 'playwright-core'
import {turnTo} from './web.ts'

/** A page, and what on it does the same as the command. Names in braces are told when it is looked at. */
export type Place = readonly [path: string, selector: string]

const button = (name: string): string => `main button:text-is("${name}")`
const form = (operation: string): string => `form button[type=submit]:has-text("${operation}")`
const list: string = 'main table tbody tr'
const card = (label: string): string => `[aria-label="${label}"]`
const inForm = (input: string, submit: string): string =>
  `form:has(${input}) button[type=submit]:text-is("${submit}")`
const [proxy, settings] = ['/console/proxies/app.localhost', '/console/settings']
const keys = '/console/proxies/grafana.localhost/keys'
const service = '/console/services/{service}'

/** After `fill`. */
/** What needs nothing is answered at once; else there is a form. */
const answer = (id: string): Place => [`/console/do/${id}`, `${card('Answer')} :is(dd, p)`]
const other = (id: string, submit: 'Show' | 'Do it'): Place => [`/console/do/${id}`, form(submit)]

/** Those that are not there, as `command at page`. */
export async function missing(
  page: Page,
  wanted: Record<string, Place>,
  names: Record<string, string> = {},
): Promise<string[]> {
  const named = (text: string): string => text.replace(/\{(.+?)\}/g, (_, name: string) => names[name] ?? name)
  const absent: string[] = []
  const byPath = Map.groupBy(Object.entries(wanted), ([, [path]]) => named(path))
  for (const [path, commands] of byPath) {
    await turnTo(page, path)
    for (const [id, [, selector]] of commands) {
      const found = page.locator(named(selector)).first()
      await found
        .waitFor({state: 'attached', timeout: 5000})
        .catch(() => absent.push(`${id} at ${path}: ${selector}`))
    }
  }
  return absent
}

export const places: Record<string, Place> = {
  'proxy.list': ['/console/proxies', list],
  'proxy.create': ['/console/proxies/new', form('Create proxy')],
  'proxy.show': [proxy, '[aria-label=Overview]'],
  'proxy.update': [`${proxy}/settings`, form('Save')],
  'proxy.delete': [proxy, button('Delete')],
  'proxy.disable': [proxy, button('Disable')],
  'proxy.enable': ['/console/proxies/wiki.localhost', button('Enable')],
  'proxy.test': [`${proxy}/connect`, button('Test it now')],
  'proxy.auth.enable': [`${proxy}/protection`, form('Switch on')],
  'proxy.auth.show': ['/console/proxies/notes.localhost/protection', '.state >> text=on'],
  'proxy.auth.disable': ['/console/proxies/notes.localhost/protection', button('Switch off')],
  'proxy.mcp.enable': [`${proxy}/mcp`, form('Switch on')],
  'proxy.mcp.show': ['/console/proxies/notes.localhost/mcp', '.state >> text=on'],
  'proxy.mcp.disable': ['/console/proxies/notes.localhost/mcp', button('Switch off')],
  'proxy.route.list': ['/console/proxies/tools.localhost/routes', list],
  'proxy.route.mode': ['/console/proxies/tools.localhost/routes', 'select#route-mode'],
  'proxy.route.disable': ['/console/proxies/tools.localhost/routes', button('Leave out')],
  'proxy.route.enable': ['/console/proxies/grafana.localhost/routes', button('Let apply')],
  'proxy.key.list': [keys, list],
  'proxy.key.create': [keys, button('New key')],
  'proxy.key.revoke': [keys, button('Revoke')],
  'proxy.cert.attach': [`${proxy}/certificate`, inForm('#proxy-cert-attach-cert_name', 'Use it')],
  'proxy.cert.generate': [
    `${proxy}/certificate`,
    inForm('#proxy-cert-generate-email', 'Ask for certificate'),
  ],
  'route.list': ['/console/routes', list],
  'route.create': ['/console/routes/new', form('Create route')],
  'route.show': ['/console/routes/mcp', '[aria-label=Overview]'],
  'route.update': ['/console/routes/mcp/settings', form('Save')],
  'route.enable': ['/console/routes/legacy', button('Enable')],
  'route.disable': ['/console/routes/mcp', button('Disable')],
  'route.delete': ['/console/routes/mcp', button('Delete')],
  explain: ['/console/routes', inForm('#explain-url', 'Explain')],
  'instance.list': ['/console/instances', list],
  'instance.register': ['/console/instances/new', form('Register instance')],
  'instance.show': ['/console/instances/files', '[aria-label=Overview]'],
  'instance.update': ['/console/instances/files/settings', form('Save')],
  'instance.delete': ['/console/instances/files', button('Delete')],
  'cert.list': ['/console/certificates', list],
  'cert.create': ['/console/certificates/new', form('Ask for certificate')],
  'cert.show': ['/console/certificates/app.localhost', '[aria-label=Overview]'],
  'cert.renew': ['/console/certificates/app.localhost', button('Renew')],
  'cert.delete': ['/console/certificates/app.localhost', button('Delete')],
  'cert.status': other('cert.status', 'Show'),
  'cert.import': other('cert.import', 'Do it'),
  'cert.export': other('cert.export', 'Do it'),
  'cert.coverage': answer('cert.coverage'),
  'cert.ca.show': answer('cert.ca.show'),
  'resource.list': ['/console/resources', list],
  'resource.register': ['/console/resources/new', form('Register resource')],
  'resource.show': ['{resource}', '[aria-label=Overview]'],
  'resource.update': ['{resource}/settings', form('Save')],
  'resource.delete': ['{resource}', button('Delete')],
  'resource.validate': ['{resource}/check', form('Check')],
  'resource.auto-register': ['/console/resources', button('Find MCP servers')],
  'service.create': ['/console/services/new', form('Create service')],
  cleanup: other('cleanup', 'Do it'),
  'service.port.update': other('service.port.update', 'Do it'),
  'port.check': ['/console/ports', inForm('#f-port', 'Check')],
  'port.token.create': ['/console/port-tokens/new', form('Create port token')],
  'port.token.validate': ['/console/ports', inForm('#try-token', 'Try')],
  'oauth.client.list': ['/console/oauth-clients', list],
  'oauth.client.register': ['/console/oauth-clients/new', form('Register client')],
  'oauth.client.show': ['{oauth-client}', '[aria-label=Overview]'],
  'oauth.client.tokens': ['{oauth-client}/tokens', list],
  'oauth.client.delete': ['{oauth-client}', button('Delete')],
  'oauth.session.list': ['/console/oauth-sessions', list],
  'oauth.session.show': ['{oauth-session}', '[aria-label=Overview]'],
  'oauth.session.revoke': ['{oauth-session}', button('Revoke')],
  'oauth.token.list': ['/console/oauth-tokens', list],
  'oauth.token.show': ['{oauth-token}', '[aria-label=Overview]'],
  'oauth.token.revoke': ['{oauth-token}', button('Revoke')],
  'oauth.key.list': ['/console/oauth', `${card('Signing keys')} tbody tr`],
  'oauth.key.rotate': ['/console/oauth', button('New key…')],
  'oauth.metrics': ['/console/oauth', `${card('Figures')} dd`],
  'oauth.health': ['/console/oauth', `${card('Health')} dd`],
  'oauth.test': ['/console/oauth', inForm('#f-url', 'Look')],
  'oauth.setup': other('oauth.setup', 'Do it'),
  'oauth.setup-status': answer('oauth.setup-status'),
  'oauth.status': answer('oauth.status'),
  'oauth.proxy.sessions': other('oauth.proxy.sessions', 'Show'),
  'token.list': ['/console/tokens', list],
  'token.create': ['/console/tokens/new', form('Create token')],
  'token.show': ['/console/tokens/ci', '[aria-label=Overview]'],
  'token.update': ['/console/tokens/ci/settings', form('Save')],
  'token.delete': ['/console/tokens/ci', button('Delete')],
  'token.info': answer('token.info'),
  'token.email': other('token.email', 'Do it'),
  'token.certificates': other('token.certificates', 'Show'),
  'token.proxies': other('token.proxies', 'Show'),
  logs: ['/console/requests', list],
  stats: ['/', `${card('The last minute')} dd`],
  health: [settings, `${card('Health')} dd`],
  version: [settings, `${card('Health')} >> text=/mcpx \\d/`],
  whoami: [settings, `${card('Sign-in')} >> text=Signed in`],
  login: [settings, `${card('Sign-in')} >> text=Signed in`],
  logout: [settings, button('Sign out')],
  export: [settings, button('Export all records')],
  diff: [settings, button('Show what would change')],
  // After what would change was shown, it is saved by a button.
  apply: [settings, button('Show what would change')],
  validate: [settings, button('Show what would change')],
  backup: [settings, button('Download a backup…')],
  restore: [settings, `${card('Backup')} input[type=file]`],
  api: [settings, 'a[href="/docs"]'],
  demo: answer('demo.show'),
}

/** With a certificate for staging. */
export const onStaging: Record<string, Place> = {
  'cert.promote': ['/console/certificates/{certificate}', button('Move to production')],
}

/** With a service that runs and publishes a port, and a port token. */
export const onServices: Record<string, Place> = {
  'service.list': ['/console/services', `${list} >> text={service}`],
  'service.show': [service, '[aria-label=Overview]'],
  'service.update': [`${service}/settings`, form('Save')],
  'service.delete': [service, button('Delete')],
  'service.stop': [service, button('Stop')],
  'service.restart': [service, button('Restart')],
  'service.logs': [`${service}/logs`, card('Log of {service}')],
  'service.stats': [service, '[aria-label^="CPU: now"]'],
  'service.proxy.create': [`${service}/proxy`, form('Create proxy')],
  'service.port.add': [`${service}/ports`, form('Publish')],
  'service.port.list': [`${service}/ports`, list],
  'service.port.remove': [`${service}/ports`, button('Remove')],
  'port.list': ['/console/ports', list],
  'port.available': ['/console/ports', `${card('Ranges')} svg rect`],
  'port.token.list': ['/console/port-tokens', list],
  'port.token.revoke': ['/console/port-tokens/{token}', button('Revoke')],
}

/** With a service that was stopped. */
export const onStopped: Record<string, Place> = {'service.start': [service, button('Start')]}

/** Commands a browser cannot stand for, and why. */
export const shellOnly: Record<string, string> = {
  'cert.ca.install': 'changes what this machine trusts; the page of the CA has its certificate to save',
  complete: 'is what the shell calls for completion',
  completion: 'is about the shell',
  'context.delete': 'a browser knows its server by the address',
  'context.list': 'a browser knows its server by the address',
  'context.show': 'a browser knows its server by the address',
  'context.use': 'a browser knows its server by the address',
  doctor: 'looks at the machine it runs on; what the server knows of itself is Settings → Health',
  help: 'explains the commands',
  init: 'writes the files a server starts from, before there is one',
  open: 'opens this',
  redis: 'opens a shell of Redis on the machine of the server, which the API never does',
  serve: 'is the server',
}
