// Services for the web UI to show: one that runs with ports, one that fails, and a port token.
import {dockerHost, images, useDocker} from './docker.ts'
import {unique} from './services.ts'
import {until} from './until.ts'
import type {Web} from './web.ts'

/** Where it is told which engine a server uses. */
export const engine = {DOCKER_HOST: dockerHost}

export interface ShownServices {
  /** Their pages, by name. */
  pages: Record<string, string>
  remove: () => Promise<void>
}

/** `web` was opened with `engine`. */
export async function fillServices({api}: Web): Promise<ShownServices> {
  await useDocker()
  const [runs, fails] = [unique('blog'), unique('worker')]
  const isSo = (name: string, status: string): Promise<void> =>
    until(
      async () => ((await api('GET', `/services/${name}`)) as {status: string}).status === status,
      `${name} is ${status}`,
    )
  const ports = [
    {name: 'http', container: 8080},
    {name: 'admin', container: 8081, source_token: true},
  ]
  await api('POST', '/services', {service_name: runs, image: images.web, port_configs: ports})
  await api('POST', '/services', {service_name: fails, image: images.crash, restart_policy: 'no'})
  await api('POST', '/ports/tokens', {
    token_name: 'partner',
    allowed_services: [runs],
    expires_in: '7d',
  })
  await isSo(runs, 'running')
  await isSo(fails, 'failed')
  const page = `/console/services/${runs}`
  return {
    pages: {
      'service-overview': page,
      'service-logs': `${page}/logs`,
      'service-ports': `${page}/ports`,
      'service-proxy': `${page}/proxy`,
      'service-settings': `${page}/settings`,
      'service-failed': `/console/services/${fails}`,
      'port-token': '/console/port-tokens/partner',
    },
    async remove() {
      for (const name of [runs, fails]) await api('DELETE', `/services/${name}`)
    },
  }
}
