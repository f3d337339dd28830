// This very program as `npm pack` makes it, so that an image of it needs no release.
import {pipeline} from 'node:stream'
import {buffer} from 'node:stream/consumers'
import {createGzip} from 'node:zlib'
import tar from 'tar-fs'

/** `root` is the folder of its package.json, `files` what that says is part of it. The same bytes for the same files. */
export function packed(root: string, files: readonly string[]): Promise<Buffer> {
  const archive = tar.pack(root, {
    entries: ['package.json', 'LICENSE', ...files],
    map: header => ({...header, name: `package/${header.name}`, uid: 0, gid: 0}),
  })
  return buffer(pipeline(archive, createGzip(), () => {}))
}
