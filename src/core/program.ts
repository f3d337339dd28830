// Programs of this machine.
import {accessSync, constants} from 'node:fs'
import {delimiter, join} from 'node:path'

/** The path of the first of `names` that is on the PATH. */
export function findProgram(names: readonly string[], path = process.env['PATH'] ?? ''): string | undefined {
  const directories = path.split(delimiter).filter(Boolean)
  return names.flatMap(name => directories.map(directory => join(directory, name))).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
