// Loads the parts when they are started: a worker has no need of what the control process is made of.
import type {startControl} from './control.ts'
import type {startWorker} from './worker.ts'

export const loadWorker = (): Promise<{startWorker: typeof startWorker}> => import('./worker.ts')

export async function loadControl(): Promise<{startControl: typeof startControl}> {
  const {warn} = console
  // oidc-provider takes every Node without the LTS mark for too old; ours is new enough, see `engines`.
  console.warn = (...words: unknown[]) => {
    if (!String(words[0]).includes('oidc-provider WARNING: Unsupported runtime')) warn(...words)
  }
  try {
    return await import('./control.ts')
  } finally {
    console.warn = warn
  }
}
