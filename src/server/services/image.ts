// The image of a service: there already, pulled, or built; what the engine says on the way is passed on.
import {stripVTControlCharacters} from 'node:util'
import type {Service} from '../../core/contract/service.ts'
import {type Engine, engineText, labels} from './engine.ts'

type Say = (text: string) => void

/** What the engine sends while it pulls or builds. */
interface Step {
  stream?: string
  status?: string
  id?: string
  error?: string
  aux?: {ID?: string}
}

/** Make sure the engine has the image. Throws with the engine's reason. */
export async function pulled(engine: Engine, image: string, say: Say): Promise<void> {
  if (await engine.find(() => engine.docker.getImage(image).inspect())) return
  // Without a tag the engine would pull every one there is.
  const name = /(:[^/]+|@[^/]+)$/.test(image) ? image : `${image}:latest`
  say(`Pulling ${name}`)
  const stream = await engine
    .call(() => engine.docker.pull(name))
    .catch(error => {
      throw new Error(`the image ${name} cannot be pulled: ${engineText(error)}`)
    })
  const last = new Map<string, string>()
  await follow(engine, stream, ({status, id = ''}) => {
    if (status === undefined || last.get(id) === status) return
    last.set(id, status)
    say(id === '' ? status : `${id}: ${status}`)
  })
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
  say: Say,
): Promise<string> {
  const {dockerfile_path = 'Dockerfile', build_args = {}, service_name} = service
  say(`Building from ${dockerfile_path}`)
  const stream = await engine
    .call(() =>
      engine.docker.buildImage(
        {context: directory, src: ['.']},
        {
          t: `mcpx/${service_name}:latest`,
          dockerfile: dockerfile_path,
          buildargs: build_args,
          labels: {[labels.installation]: installation, [labels.service]: service_name},
          forcerm: true,
        },
      ),
    )
    .catch(error => {
      throw new Error(`the image cannot be built: ${engineText(error)}`)
    })
  let id: string | undefined
  await follow(engine, stream, step => {
    id = step.aux?.ID ?? id
    for (const line of stripVTControlCharacters(step.stream ?? step.status ?? '').split('\n'))
      if (line.trim() !== '') say(line.trimEnd())
  })
  if (id === undefined) throw new Error('the build ended without an image')
  return id
}

async function follow(
  engine: Engine,
  stream: NodeJS.ReadableStream,
  onStep: (step: Step) => void,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
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
}
