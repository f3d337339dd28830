// Builds dist/: the sources compiled, and the files of Swagger UI beside the API that serves them.
import {execFileSync} from 'node:child_process'
import {cpSync, mkdirSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, 'node_modules')
const swagger = join(root, 'dist', 'src', 'server', 'api', 'swagger-ui')

execFileSync(process.execPath, [join(modules, 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
})
mkdirSync(swagger, {recursive: true})
for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js'])
  cpSync(join(modules, 'swagger-ui-dist', file), join(swagger, file))
