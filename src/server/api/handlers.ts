// Every handler of the admin API, by the group of the contract it belongs to.
import type {contract} from '../../core/contract/index.ts'
import {backupHandlers} from './backup.ts'
import type {Handlers, Parts} from './call.ts'
import {certificateHandlers} from './certificate.ts'
import {configurationHandlers} from './configuration.ts'
import {consoleHandlers} from './console.ts'
import {explainHandlers} from './explain.ts'
import {instanceHandlers} from './instance.ts'
import {keyHandlers} from './key.ts'
import {oauthHandlers} from './oauth.ts'
import {portHandlers} from './port.ts'
import {portTokenHandlers} from './port-token.ts'
import {protectionHandlers} from './protection.ts'
import {proxyHandlers} from './proxy.ts'
import {resourceHandlers} from './resource.ts'
import {routeHandlers} from './route.ts'
import {serviceHandlers} from './service.ts'
import {systemHandlers} from './system.ts'
import {tokenHandlers} from './token.ts'

type Contract = typeof contract
export type AllHandlers = {[G in keyof Contract]: Handlers<Contract[G]>}

export const handlersOf = (parts: Parts): AllHandlers => ({
  token: tokenHandlers(parts),
  proxy: proxyHandlers(parts),
  route: routeHandlers(parts),
  instance: instanceHandlers(parts),
  service: serviceHandlers(parts),
  port: portHandlers(parts),
  portToken: portTokenHandlers(parts),
  certificate: certificateHandlers(parts),
  protection: protectionHandlers(parts),
  key: keyHandlers(parts),
  resource: resourceHandlers(parts),
  oauth: oauthHandlers(parts),
  configuration: configurationHandlers(parts, handlersOf),
  backup: backupHandlers(parts),
  explain: explainHandlers(parts),
  system: systemHandlers(parts),
  console: consoleHandlers(parts),
})
