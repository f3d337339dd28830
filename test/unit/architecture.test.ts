// The table of docs/architecture.md: who may import whom, where a package lives, what a file looks like.
import {fileURLToPath} from 'node:url'
import {expect} from 'chai'
import {readSources, type SourceFile, sourceFile} from '../support/imports.ts'

/** The area a file belongs to; the longest folder that fits. */
const areas = [
  'src/web',
  'src/commands',
  'src/cli',
  'src/server/gateway',
  'src/server/oauth',
  'src/server/api',
  'src/server/certificates',
  'src/server/services',
  'src/server',
  'src/core/contract',
  'src/core/routing',
  'src/core/store',
  'src/core',
] as const
type Area = (typeof areas)[number]

const core: Area[] = ['src/core', 'src/core/contract', 'src/core/routing', 'src/core/store']

/** What an area may import beside itself. The files of src/server itself put mcpx together. */
const allowed: Record<Area, readonly Area[]> = {
  'src/web': ['src/core', 'src/core/contract'],
  'src/commands': ['src/cli', 'src/core', 'src/core/contract'],
  'src/cli': ['src/core', 'src/core/contract'],
  'src/server/gateway': ['src/core', 'src/core/contract', 'src/core/routing'],
  'src/server/oauth': core,
  'src/server/api': core,
  'src/server/certificates': core,
  'src/server/services': core,
  'src/server': [
    ...core,
    'src/server/gateway',
    'src/server/oauth',
    'src/server/api',
    'src/server/certificates',
    'src/server/services',
  ],
  'src/core/contract': ['src/core'],
  'src/core/routing': ['src/core', 'src/core/contract', 'src/core/store'],
  'src/core/store': ['src/core', 'src/core/contract', 'src/core/routing'],
  'src/core': ['src/core/contract'],
}

/** Breaches that are meant, each with its reason. */
const exceptions: Record<string, string> = {
  'src/cli/probes.ts -> src/core/store/redis.ts': 'init and doctor run on the machine of the server',
  'src/commands/redis.ts -> src/core/store/redis.ts': 'runs on the machine of the server',
  'src/commands/serve.ts -> src/server/serve.ts': 'the one command that is the server, by dynamic import',
}

/** Files that do something when they are loaded: nobody imports them. */
const entries = ['src/server/child.ts', 'src/web/main.tsx']

/** Where each npm package may be imported. */
const homes: Record<string, readonly Area[]> = {
  '@fastify/static': ['src/server/api'],
  fastify: ['src/server/api'],
  ajv: ['src/server/api', 'src/cli'],
  'ajv-formats': ['src/server/api', 'src/cli'],
  ioredis: ['src/core/store'],
  pino: ['src/core'],
  re2js: ['src/core/routing'],
  preact: ['src/web'],
  '@preact/signals': ['src/web'],
  uplot: ['src/web'],
  '@noble/hashes': ['src/web'],
  typebox: ['src/web', 'src/core', 'src/core/contract', 'src/cli', 'src/server/api'],
  '@oclif/core': ['src/cli', 'src/commands'],
  '@inquirer/prompts': ['src/cli', 'src/commands'],
  chalk: ['src/cli', 'src/commands'],
  'cli-table3': ['src/cli'],
  yaml: ['src/cli'],
  '@modelcontextprotocol/client': ['src/cli', 'src/commands'],
  'ipaddr.js': ['src/core', 'src/server/api', 'src/server/gateway'],
  'oidc-provider': ['src/server/oauth'],
  'openid-client': ['src/server/oauth'],
  jose: ['src/server/oauth'],
  'acme-client': ['src/server/certificates'],
  '@peculiar/x509': ['src/server/certificates'],
  dockerode: ['src/server/services'],
  'tar-fs': ['src/server/services', 'src/cli'],
  '@balena/dockerignore': ['src/core'],
  undici: ['src/server/gateway'],
}

const areaOf = (path: string): Area | undefined => areas.find(area => path.startsWith(`${area}/`))

function wrongImports({path, imports}: SourceFile): string[] {
  const area = areaOf(path)
  if (area === undefined) return [`${path} is in no area of this table`]
  return imports
    .filter(({target}) => target.startsWith('src/'))
    .filter(({target}) => {
      const other = areaOf(target)
      return other !== area && (other === undefined || !allowed[area].includes(other))
    })
    .map(({target}) => `${path} -> ${target}`)
    .filter(breach => !(breach in exceptions))
}

function homelessPackages({path, imports}: SourceFile): string[] {
  const area = areaOf(path)
  return imports
    .filter(({target}) => !target.startsWith('src/') && !target.startsWith('node:'))
    .filter(({target}) => area === undefined || !homes[target]?.includes(area))
    .map(({target}) => `${path} -> ${target}`)
}

/** The first cycle found among imports that remain at run time. */
function cycles(files: SourceFile[]): string[] {
  const edges = new Map(
    files.map(({path, imports}) => [
      path,
      imports
        .filter(one => !one.typeOnly && !one.dynamic && one.target.startsWith('src/'))
        .map(one => one.target),
    ]),
  )
  const done = new Set<string>()
  const found: string[] = []
  const visit = (path: string, trail: string[]): void => {
    const at = trail.indexOf(path)
    if (at !== -1) found.push([...trail.slice(at), path].join(' -> '))
    if (at !== -1 || done.has(path)) return
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path])
    done.add(path)
  }
  for (const path of edges.keys()) visit(path, [])
  return found
}

/** Statements at the top level that act: calls, awaits, loops, assignments. Declarations may compute their value. */
function actsWhenImported({path, text}: SourceFile): string[] {
  if (entries.includes(path)) return []
  return text
    .replace(/`(?:\\[\s\S]|[^`\\])*`/g, '``')
    .split('\n')
    .filter(line =>
      /^(?:[a-zA-Z_$][\w$]*(?:\.[\w$]+)*\s*(?:\(|=[^>])|await\b|void\b|new\b|for\b|if\b|while\b|try\b|\()/.test(
        line,
      ),
    )
    .map(line => `${path}: ${line}`)
}

const opensWithComment = ({path, text}: SourceFile): boolean =>
  path.startsWith('src/commands/') || /^(?:\/\/ |\/\*\*? )/.test(text)

describe('the architecture', () => {
  const files = readSources(fileURLToPath(new URL('../..', import.meta.url)), 'src')

  it('lets areas import only what the table allows', () => {
    expect(files.flatMap(wrongImports)).to.deep.equal([])
  })

  it('gives each npm package its home', () => {
    expect(files.flatMap(homelessPackages)).to.deep.equal([])
  })

  it('has no cycles', () => {
    expect(cycles(files)).to.deep.equal([])
  })

  it('does nothing when a module is imported', () => {
    expect(files.flatMap(actsWhenImported)).to.deep.equal([])
  })

  it('opens every file but a command with a comment that says what it is', () => {
    expect(files.filter(file => !opensWithComment(file)).map(({path}) => path)).to.deep.equal([])
  })

  it('imports no entry', () => {
    const imported = files.flatMap(({imports}) => imports.map(({target}) => target))
    expect(imported.filter(target => entries.includes(target))).to.deep.equal([])
  })

  it('needs every exception that is listed', () => {
    const all = files.flatMap(({path, imports}) => imports.map(({target}) => `${path} -> ${target}`))
    expect(Object.keys(exceptions).filter(breach => !all.includes(breach))).to.deep.equal([])
  })

  describe('sees a breach', () => {
    it('of the table', () => {
      const file = sourceFile('src/server/gateway/x.ts', "import {Store} from '../../core/store/store.ts'\n")
      expect(wrongImports(file)).to.deep.equal(['src/server/gateway/x.ts -> src/core/store/store.ts'])
      const part = sourceFile('src/server/api/x.ts', "import {\n  a,\n  b,\n} from '../gateway/gateway.ts'\n")
      expect(wrongImports(part)).to.have.length(1)
      const upward = sourceFile('src/core/x.ts', "export const load = () => import('../server/serve.ts')\n")
      expect(wrongImports(upward)).to.have.length(1)
    })

    it('of a home', () => {
      const file = sourceFile('src/server/api/x.ts', "import {Redis} from 'ioredis'\n")
      expect(homelessPackages(file)).to.deep.equal(['src/server/api/x.ts -> ioredis'])
    })

    it('by a cycle', () => {
      const one = sourceFile('src/core/one.ts', "import {a} from './two.ts'\n")
      const two = sourceFile('src/core/two.ts', "import {b} from './one.ts'\n")
      expect(cycles([one, two])).to.deep.equal(['src/core/one.ts -> src/core/two.ts -> src/core/one.ts'])
      const typed = sourceFile('src/core/two.ts', "import {type b} from './one.ts'\n")
      expect(cycles([one, typed])).to.deep.equal([])
    })

    it('by a module that acts when it is imported', () => {
      for (const line of ['start()', 'await start()', 'process.exitCode = 1', 'for (const a of b) c(a)']) {
        expect(actsWhenImported(sourceFile('src/core/x.ts', `// X.\n${line}\n`))).to.have.length(1)
      }
    })

    it('by a file without its comment', () => {
      expect(opensWithComment(sourceFile('src/core/x.ts', "import 'node:fs'\n"))).to.equal(false)
    })
  })
})
