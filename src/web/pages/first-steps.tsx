// For a new mcpx: what to do first, done from here.
import {useState} from 'preact/hooks'
import {systemOperations} from '../../core/contract/system.ts'
import {call, can, type Failure, problemIn} from '../data/client.ts'
import {Act} from '../parts/act.tsx'
import {Problem} from '../parts/bits.tsx'
import {toast} from '../parts/toasts.tsx'
import {go, linkTo} from '../router.ts'

export function FirstSteps() {
  const [problem, setProblem] = useState<Failure['problem']>()
  const demo = async (): Promise<void> => {
    setProblem(undefined)
    try {
      const {servers} = await call(systemOperations.demoStart)
      toast(`The demo runs: ${servers.map(({name}) => name).join(', ')}`)
      go(linkTo('proxies'))
    } catch (error) {
      setProblem(problemIn(error))
    }
  }
  return (
    <section class="card first" aria-label="First steps">
      <h2>Welcome. Publish something:</h2>
      {problem && <Problem problem={problem} />}
      <ol class="steps">
        <li>
          <h3>Something of yours</h3>
          <p class="dim">A name, who may use it, how to connect: three steps, and it answers.</p>
          <a class="button primary" href={linkTo('welcome')}>
            Publish it
          </a>
        </li>
        {can('demo.start') && (
          <li>
            <h3>Two demo MCP servers</h3>
            <p class="dim">To look around: started by mcpx and published through it.</p>
            <Act run={demo}>Start the demo</Act>
          </li>
        )}
        <li>
          <h3>From the command line</h3>
          <p class="dim">Everything here works there too.</p>
          <code>mcpx --help</code>
        </li>
      </ol>
    </section>
  )
}
