// A real Chromium: $CHROMIUM, or the first one on the PATH.
import {accessSync, constants} from 'node:fs'
import {delimiter, join} from 'node:path'
import {type Browser, chromium} from 'playwright-core'

const names = ['chromium', 'chromium-browser', 'google-chrome']

function executable(): string {
  const given = process.env['CHROMIUM']
  const places = (process.env['PATH'] ?? '')
    .split(delimiter)
    .flatMap(directory => names.map(name => join(directory, name)))
  const found = [...(given ? [given] : []), ...places].find(path => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
  if (found === undefined) throw new Error('There is no Chromium; install it: apt-get install -y chromium')
  return found
}

/** `env` is added to the environment, e.g. a HOME with certificates of its own. */
export const openBrowser = (env: Record<string, string> = {}): Promise<Browser> =>
  chromium.launch({
    env: {...process.env, ...env},
    executablePath: executable(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
  })
