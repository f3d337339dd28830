// Build contexts that came over the network: unpacked in a directory each, gone after an hour.
import {randomBytes} from 'node:crypto'
import {existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync} from 'node:fs'
import {join, relative} from 'node:path'
import type {Readable} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import tar from 'tar-fs'
import {largestContext} from '../../core/contract/service.ts'
import {Problem} from '../../core/problem.ts'

/** Milliseconds an upload is kept. */
const lifetime = 3_600_000

export class Uploads {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  /** Unpack a tar archive; answers its id. Throws upload-invalid, too-large. */
  async accept(archive: Readable): Promise<string> {
    this.#clean()
    const id = randomBytes(16).toString('hex')
    const place = join(this.#directory, id)
    mkdirSync(place, {recursive: true, mode: 0o700})
    let size = 0
    async function* limited(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const chunk of source) {
        size += chunk.length
        if (size > largestContext)
          throw new Problem('too-large', `A build context may have at most ${largestContext} bytes`, {
            hint: 'name what the build does not need in a `.dockerignore`',
          })
        yield chunk
      }
    }
    try {
      await pipeline(archive, limited, tar.extract(place, {dmode: 0o700}))
      // The archive may say when its folder was changed; an upload is as old as its arrival.
      const now = new Date()
      utimesSync(place, now, now)
      return id
    } catch (cause) {
      rmSync(place, {recursive: true, force: true})
      if (cause instanceof Problem) throw cause
      const link = /^(.+) is not a valid symlink$/.exec((cause as Error).message)?.[1]
      if (link !== undefined)
        throw new Problem(
          'upload-invalid',
          `\`${relative(place, link)}\` is a link that leads out of the context`,
          {
            cause,
            hint: 'name it in `.dockerignore`, or put in its place what it leads to',
          },
        )
      const reason = (cause as Error).message.replaceAll(`${place}/`, '')
      throw new Problem('upload-invalid', `The archive cannot be unpacked: ${reason}`, {cause})
    }
  }

  has(id: string): boolean {
    return /^[0-9a-f]{32}$/.test(id) && existsSync(join(this.#directory, id))
  }

  /** The directory of a `build_context`: that of `upload:ID`, or the one it names. */
  directory(context: string): string {
    const id = /^upload:([0-9a-f]{32})$/.exec(context)?.[1]
    return id === undefined ? context : join(this.#directory, id)
  }

  #clean(): void {
    if (!existsSync(this.#directory)) return
    for (const name of readdirSync(this.#directory)) {
      const place = join(this.#directory, name)
      if (Date.now() - statSync(place).mtimeMs > lifetime) rmSync(place, {recursive: true, force: true})
    }
  }
}
