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

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: executable(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
  })
