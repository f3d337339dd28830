// Builds dist/: the sources compiled, the files of Swagger UI beside the API that serves them, and the web UI.
import {execFileSync} from 'node:child_process'
import {cpSync, globSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {dirname, join, relative} from 'node:path'
import {fileURLToPath} from 'node:url'
import {brotliCompressSync, gzipSync} from 'node:zlib'
import {build} from 'vite'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, 'node_modules')
const swagger = join(root, 'dist', 'src', 'server', 'api', 'swagger-ui')

execFileSync(process.execPath, [join(modules, 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
})

// As one file: its 370 take longer to load than all that a command does.
const typebox = join(root, 'dist', 'typebox')
await build({
  configFile: false,
  logLevel: 'warn',
  root,
  ssr: {noExternal: true},
  build: {
    ssr: join(modules, 'typebox', 'build', 'index.mjs'),
    outDir: typebox,
    copyPublicDir: false,
    rolldownOptions: {output: {entryFileNames: 'index.js'}},
  },
})
cpSync(join(modules, 'typebox', 'license'), join(typebox, 'license'))
for (const name of globSync('dist/src/**/*.js', {cwd: root})) {
  const file = join(root, name)
  const code = readFileSync(file, 'utf8')
  const place = relative(dirname(file), join(typebox, 'index.js')).replaceAll('\\', '/')
  if (code.includes("from 'typebox'"))
    writeFileSync(file, code.replaceAll("from 'typebox'", `from '${place}'`))
}

mkdirSync(swagger, {recursive: true})
for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js'])
  cpSync(join(modules, 'swagger-ui-dist', file), join(swagger, file))

const web = join(root, 'dist', 'src', 'web')
await build({
  configFile: false,
  logLevel: 'warn',
  root: join(root, 'src', 'web'),
  base: '/console/',
  // What reads a .dockerignore asks Node for it.
  resolve: {alias: {path: join(root, 'src', 'web', 'data', 'posix-path.ts')}},
  oxc: {jsx: {runtime: 'automatic', importSource: 'preact'}},
  build: {outDir: web, emptyOutDir: true, target: 'es2022', modulePreload: false, assetsInlineLimit: 0},
})
// Compressed once here instead of at every request.
for (const name of readdirSync(join(web, 'assets'))) {
  const file = join(web, 'assets', name)
  const content = readFileSync(file)
  writeFileSync(`${file}.br`, brotliCompressSync(content))
  writeFileSync(`${file}.gz`, gzipSync(content, {level: 9}))
}
