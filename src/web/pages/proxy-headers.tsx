// Header fields that a proxy adds or tells browsers, in a form of their own.
import {proxyOperations} from '../../core/contract/proxy.ts'
import {call, type Document} from '../data/client.ts'
import {fieldsBack} from '../data/kept.ts'
import {asField} from '../data/schema.ts'
import {Form} from '../parts/form.tsx'
import {savedOver} from '../parts/toasts.tsx'

export const headerFields = ['custom_headers', 'preserve_host_header', 'hsts_max_age', 'allowed_origins']

const others = Object.keys(asField(proxyOperations.update.body).properties ?? {}).filter(
  name => !headerFields.includes(name),
)

export function ProxyHeaders({record, reload}: {record: Document; reload: () => Promise<void>}) {
  const params = {hostname: String(record['hostname'])}
  return (
    <Form
      operation={proxyOperations.update}
      submit="Save"
      params={params}
      record={record}
      hidden={others}
      reread={() => call(proxyOperations.show, {params})}
      onDone={after => {
        savedOver(fieldsBack(proxyOperations.update, params, record, after), reload)
        void reload()
      }}
    />
  )
}
