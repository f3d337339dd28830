import {agreed} from '../../cli/command.ts'
import {operationCommand} from '../../cli/operation-command.ts'
import type {Connection} from '../../core/connect.ts'
import {certificateOperations} from '../../core/contract/certificate.ts'
import {proxyOperations} from '../../core/contract/proxy.ts'
import {Problem} from '../../core/problem.ts'

export default operationCommand({
  operation: proxyOperations.delete,
  args: ['hostname'],
  examples: [
    ['Stop answering for a hostname', 'mcpx proxy delete app.example.com'],
    ['In a script', 'mcpx proxy delete app.example.com --yes'],
    ['With its certificate', 'mcpx proxy delete app.example.com --delete-certificate --yes'],
  ],
  confirm: ({hostname}) => `Delete the proxy ${hostname}?`,
  typed: ({hostname}) => hostname,
  async more(connection, {hostname, delete_certificate}) {
    if (delete_certificate) return {}
    const name = await certificateOf(connection, hostname)
    if (name === undefined) return {}
    return {
      delete_certificate: await agreed(`Delete its certificate ${name} too, unless another proxy uses it?`),
    }
  },
  done: (_, {hostname}) => `Proxy ${hostname} deleted`,
})

/** Name of the certificate that the proxy alone has: attached to it, or named after it. */
async function certificateOf(connection: Connection, hostname: string): Promise<string | undefined> {
  try {
    const {certificate = hostname} = await connection.call(proxyOperations.show, {params: {hostname}})
    await connection.call(certificateOperations.show, {params: {cert_name: certificate}})
    return certificate
  } catch (error) {
    // A proxy that is not there is told by its deletion.
    if (error instanceof Problem && error.code === 'not-found') return undefined
    throw error
  }
}
