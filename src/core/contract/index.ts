// Everything the admin API promises, in one list.
import type {Operation} from '../operation.ts'
import {backupOperations} from './backup.ts'
import {certificateOperations} from './certificate.ts'
import {configurationOperations} from './configuration.ts'
import {consoleOperations} from './console.ts'
import {explainOperations} from './explain.ts'
import {instanceOperations} from './instance.ts'
import {keyOperations} from './key.ts'
import {oauthOperations} from './oauth.ts'
import {portOperations} from './port.ts'
import {portTokenOperations} from './port-token.ts'
import {protectionOperations} from './protection.ts'
import {proxyOperations} from './proxy.ts'
import {resourceOperations} from './resource.ts'
import {routeOperations} from './route.ts'
import {serviceOperations} from './service.ts'
import {systemOperations} from './system.ts'
import {tokenOperations} from './token.ts'

export const contract = {
  token: tokenOperations,
  proxy: proxyOperations,
  protection: protectionOperations,
  route: routeOperations,
  instance: instanceOperations,
  service: serviceOperations,
  port: portOperations,
  portToken: portTokenOperations,
  key: keyOperations,
  resource: resourceOperations,
  oauth: oauthOperations,
  certificate: certificateOperations,
  configuration: configurationOperations,
  backup: backupOperations,
  explain: explainOperations,
  system: systemOperations,
  console: consoleOperations,
}

export const operations: readonly Operation[] = Object.values(contract).flatMap(
  group => Object.values(group) as Operation[],
)
