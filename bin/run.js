#!/usr/bin/env node
// The published entry. It must load on any Node since 14, to say which one mcpx needs.
import {existsSync, readFileSync} from 'node:fs'
import module from 'node:module'
import {fileURLToPath} from 'node:url'

const root = new URL('..', import.meta.url)
const needed = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')).engines.node.replace('>=', '')
const [have, least] = [process.versions.node, needed].map(version => version.split('.').map(Number))
const at = least.findIndex((number, i) => number !== have[i])

if (at >= 0 && have[at] < least[at]) {
  console.error(`mcpx needs Node ≥ ${needed} (this is ${process.version})`)
  process.exitCode = 1
} else if (!existsSync(new URL('dist', root))) {
  console.error('mcpx is not built yet: `npm start` builds and serves it')
  process.exitCode = 1
} else {
  if (module.enableCompileCache) module.enableCompileCache()
  // Not awaited at top level: a closed pipe would end the process with "unsettled top-level await".
  void import('../dist/src/cli/main.js').then(({main}) =>
    main(process.argv.slice(2), {root: fileURLToPath(root)}),
  )
}
