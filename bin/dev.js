#!/usr/bin/env node
// The same command line on the sources: Node strips the types, nothing is built.
import {readFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {main} from '../src/cli/main.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const manifest = readFileSync(`${root}package.json`, 'utf8')
const pjson = JSON.parse(manifest.replace(/\.\/dist\/(src\/\S+?)\.js"/g, './$1.ts"').replace('./dist/', './'))
void main(process.argv.slice(2), {root, pjson, ignoreManifest: true})
