// `npm start`: installs and builds what is missing, then runs `mcpx serve` under the Node of this project.
import {spawn} from 'node:child_process'
import {existsSync, readFileSync} from 'node:fs'
import {constants} from 'node:os'
import {join} from 'node:path'
import {node, root, setUpForServing} from './setup.js'

const inFile =
  existsSync('.env') && /^\s*(export\s+)?REDIS_URL\s*=\s*['"]?[^\s'"#]/m.test(readFileSync('.env', 'utf8'))
setUpForServing(!process.env.REDIS_URL && !inFile)

const server = spawn(node, [join(root, 'bin', 'run.js'), 'serve', ...process.argv.slice(2)], {
  stdio: 'inherit',
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => server.kill(signal))
server.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
