// What may stand in an input that names another record.
import {useEffect, useState} from 'preact/hooks'
import {all, can, type Document} from './client.ts'
import type {Inputs} from './draft.ts'

const sources = {
  proxy: 'hostname',
  instance: 'name',
  service: 'service_name',
  certificate: 'cert_name',
} as const
type Source = keyof typeof sources
const lists: Record<Source, string> = {
  proxy: 'proxy.list',
  instance: 'instance.list',
  service: 'service.list',
  certificate: 'cert.list',
}

/** Names of the records that forms refer to. */
export function useSuggestions(): (name: string, inputs: Inputs) => readonly string[] | undefined {
  const [names, setNames] = useState<Partial<Record<Source, string[]>>>({})
  useEffect(() => {
    for (const source of Object.keys(sources) as Source[]) {
      const list = can(lists[source])
      if (!list) continue
      const keep = (records: Document[]): void =>
        setNames(known => ({...known, [source]: records.map(one => String(one[sources[source]]))}))
      all(list).then(keep, () => {})
    }
  }, [])
  return (name, {target_type: type}) => {
    if (name === 'target_value') return type === 'hostname' ? names.proxy : names[type as Source]
    if (name === 'hostname' || name === 'proxy_target') return undefined
    return name === 'cert_name' ? undefined : names[name as Source]
  }
}
