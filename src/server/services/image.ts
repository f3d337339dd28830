// The image of a service: there already, pulled, or built; what the engine says on the way is passed on.
import {stripVTControlCharacters} from 'node:util'
import type {Service} from '../../core/contract/service.ts'
import {Problem} from '../../core/problem.ts'
import {packedContext} from './context.ts'
import {type Engine, engineText, labels} from './engine.ts'

/** Who hears of it, and when to give up. */
interface Watch {
  say: (text: string) => void
  signal: AbortSignal
}

/** What the engine sends while it pulls or builds. */
interface Step {
  stream?: string
  status?: string
  id?: string
  progressDetail?: {current?: number; total?: number}
  error?: string
  aux?: {ID?: string}
}

/** Make sure the engine has the image. Throws with the engine's reason. */
export async function pulled(engine: Engine, image: string, {say, signal}: Watch): Promise<void> {
  if (await engine.find(() => engine.docker.getImage(image).inspect())) return
  // Without a tag the engine would pull every one there is.
  const name = /(:[^/]+|@[^/]+)$/.test(image) ? image : `${image}:latest`
  say(`Pulling ${name}`)
  const stream = await engine
    .call(() => engine.docker.pull(name, {abortSignal: signal}))
    .catch(error => {
      if (error instanceof Problem) throw error
      throw new Error(`the image ${name} cannot be pulled: ${engineText(error)}`)
    })
  const last = new Map<string, string>()
  await follow(engine, stream, ({status, id = '', progressDetail = {}}) => {
    if (status === undefined) return
    const text = `${id === '' ? '' : `${id}: `}${status}${quarters(progressDetail)}`
    if (last.get(id) === text) return
    last.set(id, text)
    say(text)
  })
}

/** How much of a layer is there, in steps that one can read. */
function quarters({current = 0, total = 0}: {current?: number; total?: number}): string {
  const share = total > 0 ? Math.floor((current / total) * 4) * 25 : 0
  return share > 0 && share < 100 ? ` ${share} %` : ''
}

export interface BuildPlace {
  /** Directory of the context. */
  directory: string
  installation: string
}

/** Build the image of a service; answers its id. Throws with the last thing the build said. */
export async function built(
  engine: Engine,
  service: Service,
  {directory, installation}: BuildPlace,
  {say, signal}: Watch,
): Promise<string> {
  const {dockerfile_path = 'Dockerfile', build_args = {}, service_name} = service
  say(`Building from ${dockerfile_path}`)
  const context = packedContext(directory, dockerfile_path)
  let id: string | undefined
  try {
    const stream = await engine
      .call(() =>
        engine.docker.buildImage(context.archive, {
          t: `mcpx/${service_name}:latest`,
          dockerfile: dockerfile_path,
          buildargs: build_args,
          labels: {[labels.installation]: installation, [labels.service]: service_name},
          forcerm: true,
          abortSignal: signal,
        }),
      )
      .catch(error => {
        if (error instanceof Problem) throw error
        throw new Error(`the image cannot be built: ${engineText(error)}`)
      })
    await follow(engine, stream, step => {
      id = step.aux?.ID ?? id
      for (const line of stripVTControlCharacters(step.stream ?? step.status ?? '').split('\n'))
        if (line.trim() !== '') say(line.trimEnd())
    })
  } catch (error) {
    throw context.failure() ?? error
  } finally {
    context.archive.destroy()
  }
  if (id === undefined) throw new Error('the build ended without an image')
  return id
}

async function follow(
  engine: Engine,
  stream: NodeJS.ReadableStream,
  onStep: (step: Step) => void,
): Promise<void> {
  const followed = new Promise<void>((resolve, reject) => {
    let failure: string | undefined
    engine.docker.modem.followProgress(
      stream,
      error => {
        if (failure !== undefined) reject(new Error(failure))
        else if (error) reject(error)
        else resolve()
      },
      (step: Step) => {
        failure = step.error ?? failure
        onStep(step)
      },
    )
  })
  await engine.call(() => followed)
}
