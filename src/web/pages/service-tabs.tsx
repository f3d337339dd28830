// Log, ports and proxy of a service.
import {useEffect, useState} from 'preact/hooks'
import type {LogLine} from '../../core/contract/service.ts'
import {all, call, can, type Document, type Failure, follow, problemIn} from '../data/client.ts'
import {returns, useLive} from '../data/live.ts'
import {Act} from '../parts/act.tsx'
import {Problem} from '../parts/bits.tsx'
import {Form} from '../parts/form.tsx'
import {addLine, emptyLog, Log, type LogLines} from '../parts/log.tsx'
import {Table} from '../parts/table.tsx'
import {attempt, toast, undoable} from '../parts/toasts.tsx'
import {go, linkTo} from '../router.ts'

export function ServiceLogs({name}: {name: string}) {
  const [lines, setLines] = useState<LogLines>(emptyLog)
  const [problem, setProblem] = useState<Failure['problem']>()
  useEffect(() => {
    const stop = new AbortController()
    const operation = can('service.logs.follow')
    setLines(emptyLog)
    setProblem(undefined)
    const run = async (): Promise<void> => {
      if (!operation) return
      const events = follow(operation, {
        params: {service_name: name},
        query: {lines: 200},
        signal: stop.signal,
      })
      for await (const event of events) setLines(known => addLine(known, (event as LogLine).line))
    }
    run().catch(error => stop.signal.aborted || setProblem(problemIn(error)))
    return () => stop.abort()
  }, [name, returns.value])
  return (
    <>
      {problem && <Problem problem={problem} />}
      <Log label={`Log of ${name}`} lines={lines} />
    </>
  )
}

export function ServicePorts({name, reload}: {name: string; reload: () => Promise<void>}) {
  const params = {service_name: name}
  const [list, add, remove] = [can('service.port.list'), can('service.port.add'), can('service.port.remove')]
  const ports = useLive(async () => (list ? all(list, {params}) : []), ['service'], [name])
  const end = (port: Document): Promise<void> =>
    attempt(async () => {
      if (remove) await call(remove, {params: {...params, port_name: port['name']}})
      undoable(`Removed port ${port['name']}`, async () => {
        if (add) await onceFree(() => call(add, {params, body: port}))
        await ports.reload()
      })
      await ports.reload()
    })
  return (
    <>
      {ports.problem && <Problem problem={ports.problem} />}
      {ports.data && ports.data.length > 0 && (
        <Table
          plain
          label="Ports"
          rows={ports.data}
          columns={[
            {field: 'name', label: 'Name'},
            {field: 'host', label: 'Host', end: true},
            {field: 'container', label: 'Container', end: true},
            {field: 'bind', label: 'Bind', wide: true, text: ({bind}) => String(bind ?? 'as the service')},
          ]}
          keyOf={port => String(port['name'])}
          actions={port => (
            <Act class="small danger" run={() => end(port)}>
              Remove
            </Act>
          )}
        />
      )}
      {add && (
        <section aria-label="Publish a port">
          <h2>Publish a port</h2>
          <Form
            key={ports.data?.length}
            operation={add}
            submit="Publish"
            params={params}
            featured={['name', 'host', 'container']}
            onDone={() => {
              toast('Published')
              void reload()
            }}
          />
        </section>
      )}
    </>
  )
}

/** Milliseconds between attempts, and in all, for which the container that had a port is waited for. */
const [pause, patience] = [500, 15_000]

/** Repeats `publish` while the port is taken, as it is until the container that had it is gone. */
async function onceFree(publish: () => Promise<unknown>): Promise<void> {
  for (let waited = 0; ; waited += pause) {
    try {
      await publish()
      return
    } catch (error) {
      if (problemIn(error).code !== 'port-taken' || waited >= patience) throw error
      await new Promise(resolve => setTimeout(resolve, pause))
    }
  }
}

export function ServiceProxy({name}: {name: string}) {
  const create = can('service.proxy.create')
  if (!create) return null
  return (
    <section aria-label="New proxy">
      <h2>Give it a public hostname</h2>
      <Form
        operation={create}
        submit="Create proxy"
        params={{service_name: name}}
        onDone={({proxy}) => go(linkTo('proxies', String((proxy as Document)['hostname'])))}
      />
    </section>
  )
}
