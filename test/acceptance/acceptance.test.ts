// Documents as tests: their console blocks run with the real command line, against a server of their own.
import {globSync} from 'node:fs'
import {startApi} from '../support/api.ts'
import {openCli} from '../support/cli.ts'
import {runDocument} from '../support/console.ts'

const folder = new URL('./', import.meta.url)

describe('the documents', function () {
  this.timeout(120_000)

  for (const file of globSync('*.md', {cwd: folder})) {
    it(`hold: ${file}`, async () => {
      const server = await startApi()
      const cli = openCli({MCPX_URL: server.url, MCPX_TOKEN: server.token})
      try {
        await runDocument(new URL(file, folder), cli, [['http://localhost:8080', server.url]])
      } finally {
        cli.close()
        await server.close()
      }
    })
  }
})
