// `npm test`: installs and builds what is missing, then runs every test, or those named on the command line.
import {spawnSync} from 'node:child_process'
import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {node, root, setUpForTests} from './setup.js'

setUpForTests()

const kinds = ['unit', 'integration', 'acceptance', 'browser'].map(kind => `test/${kind}`)
const given = process.argv.slice(2)
const all = kinds.filter(folder => existsSync(join(root, folder)))
const {status} = spawnSync(
  node,
  [join(root, 'node_modules/mocha/bin/mocha.js'), ...(given.length > 0 ? given : all)],
  {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    // Tests start `node` and the servers of Debian by name.
    env: {...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}:/usr/sbin`},
  },
)
process.exit(status ?? 1)
