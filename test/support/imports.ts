// Which source file imports which, read from the text of the sources: every import here is one statement at the top.
import {readdirSync, readFileSync} from 'node:fs'
import {join, posix} from 'node:path'

export interface SourceFile {
  /** Path from the root of the project, e.g. `src/core/model.ts`. */
  path: string
  text: string
  imports: Import[]
}

export interface Import {
  /** A path from the root of the project, or a package such as `ioredis` or `node:fs`. */
  target: string
  /** `import type`, or every name in it marked `type`: gone at run time. */
  typeOnly: boolean
  /** `import('…')`: not loaded at the start. */
  dynamic: boolean
}

/** Every TypeScript file under `folder` of the project at `root`. */
export function readSources(root: string, folder: string): SourceFile[] {
  return readdirSync(join(root, folder), {recursive: true, withFileTypes: true})
    .filter(entry => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map(entry => join(entry.parentPath, entry.name).slice(join(root, '/').length))
    .sort()
    .map(path => sourceFile(path, readFileSync(join(root, path), 'utf8')))
}

export function sourceFile(path: string, text: string): SourceFile {
  const imports: Import[] = []
  const statement = /^(?:import|export)\s+(type\s+)?([^;'"]*?\s+from\s+)?'([^']+)'/gm
  for (const [, type, names = '', specifier = ''] of text.matchAll(statement)) {
    const braced = /^\{([^}]*)\}\s+from/.exec(names.trim())?.[1]?.split(',')
    const allTypes = braced?.filter(name => name.trim()).every(name => /^\s*type\s/.test(name)) ?? false
    imports.push({target: resolve(path, specifier), typeOnly: type !== undefined || allTypes, dynamic: false})
  }
  for (const [, specifier = ''] of text.matchAll(/\bimport\('([^']+)'\)/g))
    imports.push({target: resolve(path, specifier), typeOnly: false, dynamic: true})
  return {path, text, imports}
}

const resolve = (from: string, specifier: string): string => {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier)
  if (specifier.startsWith('node:')) return specifier
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}
