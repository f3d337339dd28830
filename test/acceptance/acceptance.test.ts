// Documents as tests: their console blocks run with the real command line, each against a server of its own.
import {once} from 'node:events'
import {globSync} from 'node:fs'
import {createServer} from 'node:http'
import {join} from 'node:path'
import {openCli} from '../support/cli.ts'
import {runDocument} from '../support/console.ts'
import {startServer} from '../support/server.ts'

const root = new URL('../../', import.meta.url)

describe('the documents', function () {
  this.timeout(120_000)
  // What they publish; something else may run there already.
  const something = createServer((_request, response) => response.end('something of yours'))
  before(async () => {
    something.listen(3000, '127.0.0.1')
    await once(something, 'listening').catch(() => {})
  })
  after(() => {
    something.closeAllConnections()
    if (something.listening) something.close()
  })

  for (const file of globSync(['README.md', 'test/acceptance/*.md'], {cwd: root}).toSorted()) {
    it(`hold: ${file}`, async () => {
      const server = await startServer()
      // The context that the server made is found, as it is in another shell.
      const cli = openCli({XDG_CONFIG_HOME: join(server.home, 'config')})
      try {
        await runDocument(new URL(file, root), cli, [
          ['localhost:8080', `localhost:${server.port}`],
          ['127.0.0.1:8080', `127.0.0.1:${server.port}`],
        ])
      } finally {
        cli.close()
        await server.stop()
      }
    })
  }
})
