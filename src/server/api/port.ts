// Handlers of port.
import {type Port, type portOperations, portRanges, restrictedPorts} from '../../core/contract/port.ts'
import {portClaim} from '../../core/store/records.ts'
import {type Handlers, type Parts} from './call.ts'
import {asPublished, freePort, whyNot} from './ports.ts'

/** Where ports are, unless another address or protocol is asked for. */
const usual = {bind: '127.0.0.1', protocol: 'tcp'} as const

export function portHandlers(parts: Parts): Handlers<typeof portOperations> {
  const {records, store, services} = parts

  return {
    async list({caller}) {
      const items: Port[] = []
      for await (const [
        ,
        {service_name, engine, owner, bind_address, port_configs},
      ] of records.service.all()) {
        if (!caller.admin && owner !== caller.name) continue
        for (const port of port_configs)
          items.push({service: service_name, ...asPublished(port, bind_address), engine, owner})
      }
      items.sort((one, other) => (one.host ?? 0) - (other.host ?? 0))
      return {items, next: null}
    },

    async available() {
      const engine = await services.engineId()
      const inUse = await services.portsInUse(usual.bind)
      const items = []
      for (const [range, {first, last}] of Object.entries(portRanges)) {
        const ports = Array.from({length: last - first + 1}, (_, index) => first + index)
        const holders = await store.claimants(ports.map(port => portClaim(engine, 'tcp', port)))
        const free = ports.filter(
          (port, index) =>
            holders[index] === undefined && !restrictedPorts.includes(port) && !inUse.has(port),
        )
        const next = (await freePort(parts, {engine, ...usual}, first, last)) ?? null
        items.push({range: range as keyof typeof portRanges, first, last, free: free.length, next})
      }
      return {items, restricted: [...restrictedPorts], next: null}
    },

    async check({body: {port, bind = '127.0.0.1', protocol = 'tcp'}}) {
      const why = await whyNot(parts, {engine: await services.engineId(), bind, protocol}, port)
      return {port, bind, protocol, available: why === undefined, ...(why && {reason: why.reason})}
    },
  }
}
