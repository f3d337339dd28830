#!/usr/bin/env node
// The same command line on the sources: Node strips the types, nothing is built.
import {readFileSync} from 'node:fs'
import module from 'node:module'
import {fileURLToPath} from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const manifest = readFileSync(`${root}package.json`, 'utf8')
const pjson = JSON.parse(manifest.replace(/\.\/dist\/(src\/\S+?)\.js"/g, './$1.ts"').replace('./dist/', './'))

module.enableCompileCache()
void import('../src/cli/main.ts').then(({main}) =>
  main(process.argv.slice(2), {root, pjson, ignoreManifest: true}),
)
