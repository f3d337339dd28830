// What a service may be, and for whom: the allow list of images, and what only admins may ask for.
import {isGuarded} from '../../core/contract/port.ts'
import {bytesOf, memoryRange, type Service} from '../../core/contract/service.ts'
import {fieldProblem, Problem} from '../../core/problem.ts'
import type {Caller, Parts} from './call.ts'

type Draft = Partial<Service> & Pick<Service, 'port_configs' | 'bind_address' | 'memory_limit'>

/** Throws invalid-request, image-forbidden, upload-unknown, admin-only. */
export function checkService(parts: Parts, caller: Caller, draft: Draft): void {
  const {image, dockerfile_path, build_context} = draft
  if ((image === undefined) === (dockerfile_path === undefined)) {
    const reason = image === undefined ? 'is missing' : 'cannot go with dockerfile_path'
    throw fieldProblem('invalid-request', 'image', reason, 'give either an image or a Dockerfile')
  }
  if (image !== undefined) checkImage(parts.config.SERVICE_IMAGES, caller, image)
  const upload = /^upload:(.*)$/.exec(build_context ?? '')?.[1]
  if (upload !== undefined && draft.built_image === undefined && !parts.services.hasUpload(upload))
    throw new Problem('upload-unknown', `This replica has no uploaded build context ${upload}`)
  for (const label of Object.keys(draft.labels ?? {})) {
    if (label.startsWith('mcpx.'))
      throw fieldProblem('name-reserved', 'labels', `\`${label}\` is a label of mcpx`, 'choose another label')
  }
  if (!caller.admin) checkUnprivileged(draft)
  checkMemory(draft.memory_limit)
  if (draft.networks?.includes('host')) checkHostNetwork(draft)
  for (const volume of draft.volumes ?? []) checkVolume(volume)
}

/** What the engine would refuse once the container before it is gone. Throws invalid-request. */
export async function checkCpus({services}: Parts, {engine, cpu_limit}: Service | Draft): Promise<void> {
  const there = await services.cpusOf(engine ?? '')
  if (there === undefined || cpu_limit === undefined || cpu_limit <= there) return
  const reason = `is more than the ${there} CPUs of the engine’s machine`
  throw fieldProblem('invalid-request', 'cpu_limit', reason, `give at most ${there}`)
}

/** Without a network of its own, a container has neither others nor ports to publish: the engine would say nothing. */
function checkHostNetwork({networks = [], port_configs}: Draft): void {
  if (networks.length > 1)
    throw fieldProblem(
      'invalid-request',
      'networks',
      'beside `host` there can be no other',
      'leave out `host` or the others',
    )
  if (port_configs.every(isGuarded)) return
  throw fieldProblem(
    'invalid-request',
    'port_configs',
    'in the network of the host nothing is published: the program listens on the ports of the machine itself',
    'leave the ports out, or the network `host`',
  )
}

function checkMemory(limit: string): void {
  const {least, most} = memoryRange
  const given = bytesOf(limit)
  if (given >= least && given <= most) return
  const reason = given < least ? 'is less than an engine gives, 6 MiB' : 'is more than any machine has'
  throw fieldProblem('invalid-request', 'memory_limit', `\`${limit}\` ${reason}`, 'write e.g. `512m`')
}

function checkVolume(volume: string): void {
  const [from = '', to = ''] = volume.split(':')
  if (!from.startsWith('/') && !isVolumeName(volume))
    throw fieldProblem(
      'invalid-request',
      'volumes',
      `\`${from}\` is neither the name of a volume nor a path from the root`,
      'name a volume of a-z, 0-9, `_` and `-`, as in `data:/data`; a path has to begin with `/`, and is one of the engine’s machine',
    )
  if (/^\/+$/.test(to))
    throw fieldProblem(
      'invalid-request',
      'volumes',
      'the root is not a place for a volume',
      'mount it below `/`',
    )
}

/** `*` in a pattern stands for any text; both are compared as the engine reads them. */
export function isAllowedImage(patterns: readonly string[], image: string): boolean {
  // What may be the id of an image says nothing about where it is from.
  if (patterns.includes('*')) return true
  if (/^(sha256:)?[0-9a-f]+$/.test(image)) return false
  return patterns.some(pattern => {
    const expression = fullName(pattern)
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
    return new RegExp(`^${expression}$`).test(fullName(image))
  })
}

/** With registry and tag, as the engine completes it: `redis` is `docker.io/library/redis:latest`, and `redis:1/x` is of the registry `redis:1`. */
function fullName(image: string): string {
  const named = /(:[^/]+|@[^/]+|\*)$/.test(image) ? image : `${image}:latest`
  const slash = named.indexOf('/')
  const first = named.slice(0, Math.max(slash, 0))
  const isRegistry = /[.:A-Z]/.test(first) || first === 'localhost'
  const registry = isRegistry ? first.replace(/^index\.docker\.io$/, 'docker.io') : 'docker.io'
  const path = isRegistry ? named.slice(slash + 1) : named
  const library = registry === 'docker.io' && !path.includes('/') ? 'library/' : ''
  return `${registry}/${library}${path}`
}

/** Without a list only admins choose, who may build images anyway; with one, all are held to it. */
function checkImage(patterns: readonly string[], {admin}: Caller, image: string): void {
  if (patterns.length === 0 ? admin : isAllowedImage(patterns, image)) return
  const reason = `\`${image}\` is not on the allow list`
  const allowed =
    patterns.length === 0 ? 'there is no list, so only admins run images' : `allowed: ${patterns.join(', ')}`
  throw fieldProblem('image-forbidden', 'image', reason, `${allowed}; the operator sets SERVICE_IMAGES`)
}

function checkUnprivileged({dockerfile_path, volumes, networks, capabilities, user, ...rest}: Draft): void {
  const refuse = (field: string, reason: string, remedy: string): never => {
    throw fieldProblem('admin-only', field, reason, remedy)
  }
  if (dockerfile_path !== undefined) refuse('dockerfile_path', 'builds are for admins', 'give an image')
  if (volumes?.some(volume => !isVolumeName(volume)))
    refuse('volumes', 'mounts from the host are for admins', 'name a volume: `NAME:/PATH`')
  if (networks?.includes('host')) refuse('networks', 'the host network is for admins', 'leave it out')
  if (capabilities && capabilities.length > 0)
    refuse('capabilities', 'capabilities are for admins', 'leave them out')
  if (user !== undefined && /^(0+|root)(:|$)/.test(user))
    refuse('user', 'root is for admins', 'name another user, or leave it out')
  for (const [index, {bind, source_token}] of rest.port_configs.entries()) {
    if (!source_token && !isLoopback(bind ?? rest.bind_address))
      refuse(
        `port_configs.${index}.bind`,
        'addresses other than 127.0.0.1 are for admins, except for ports with port tokens',
        'leave bind out and create a proxy, or set source_token',
      )
  }
}

/** A name, not a path of the host; of the characters that keep owners apart. */
const isVolumeName = (volume: string): boolean => /^[A-Za-z0-9][A-Za-z0-9_-]*:/.test(volume)
const isLoopback = (address: string): boolean => address.startsWith('127.')
