// What a target may be: never mcpx itself, and only for admins what is private to this machine or its network.
import {lookup} from 'node:dns/promises'
import {networkInterfaces} from 'node:os'
import ipaddr from 'ipaddr.js'
import {isPublicAddress} from '../../core/address.ts'
import {fieldProblem} from '../../core/problem.ts'
import type {Caller, Parts} from './call.ts'

const ownAddresses = (): Set<string> =>
  new Set(Object.values(networkInterfaces()).flatMap(list => (list ?? []).map(({address}) => address)))

async function addressesOf(host: string): Promise<string[]> {
  const literal = host.replace(/^\[|\]$/g, '')
  if (ipaddr.isValid(literal)) return [ipaddr.process(literal).toString()]
  try {
    return (await lookup(host, {all: true})).map(({address}) => ipaddr.process(address).toString())
  } catch {
    return []
  }
}

/**
 * Check an upstream URL. Throws invalid-request, target-loops, and target-forbidden for a token that is not admin.
 * A name that does not resolve yet is taken; the gateway checks the address again when it dials.
 */
export async function checkTarget(parts: Parts, caller: Caller, field: string, text: string): Promise<void> {
  const url = URL.parse(text)
  if (!url)
    throw fieldProblem(
      'invalid-request',
      field,
      `\`${text}\` is not a URL`,
      'give a URL such as http://10.0.0.5:8080',
    )
  if (url.port === '0')
    throw fieldProblem(
      'invalid-request',
      field,
      'port 0 cannot be dialled',
      'give the port the service listens on',
    )
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  const addresses = await addressesOf(url.hostname)
  const own = ownAddresses()
  const here = addresses.some(
    address =>
      own.has(address) ||
      ipaddr.process(address).range() === 'loopback' ||
      ipaddr.process(address).range() === 'unspecified',
  )
  if (here && parts.ports().includes(port)) {
    throw fieldProblem(
      'target-loops',
      field,
      `\`${text}\` is mcpx itself`,
      'point at the service behind mcpx',
    )
  }
  const named = /(^|\.)(localhost|local|internal|home\.arpa)\.?$/i.test(url.hostname)
  if (!caller.admin && (named || addresses.some(address => !isPublicAddress(address)))) {
    throw fieldProblem(
      'target-forbidden',
      field,
      `\`${url.hostname}\` is not a public address`,
      'ask an admin to register it',
    )
  }
}

/** Check a port of this machine. Throws as checkTarget. */
export async function checkPort(parts: Parts, caller: Caller, field: string, text: string): Promise<void> {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535) {
    throw fieldProblem('invalid-request', field, `\`${text}\` is not a port`, 'give a number from 1 to 65535')
  }
  await checkTarget(parts, caller, field, `http://127.0.0.1:${port}`)
}
