// Every command class by its id, as oclif finds them: the path below src/commands is the id.
import {globSync} from 'node:fs'
import type {Command} from '@oclif/core'
import type {Operation} from '../../src/core/operation.ts'

export type CommandClass = Command.Class & {operation?: Operation}

const folder = new URL('../../src/commands/', import.meta.url)

export async function allCommands(): Promise<Map<string, CommandClass>> {
  const files = globSync('**/*.ts', {cwd: folder}).toSorted()
  const loaded = await Promise.all(
    files.map(async file => {
      const {default: command} = (await import(new URL(file, folder).href)) as {default: CommandClass}
      return [file.replace(/\.ts$/, '').replaceAll('/', '.'), command] as const
    }),
  )
  return new Map(loaded)
}
