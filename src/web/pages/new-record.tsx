// The form for a new record, and the secret it may answer with.
import {useState} from 'preact/hooks'
import {can, type Document} from '../data/client.ts'
import {keyOf, type Noun} from '../data/nouns.tsx'
import {useSuggestions} from '../data/suggest.ts'
import {Heading} from '../parts/bits.tsx'
import {Form} from '../parts/form.tsx'
import {Secret} from '../parts/secret.tsx'
import {title} from '../parts/title.ts'
import {toast} from '../parts/toasts.tsx'
import {go, linkTo} from '../router.ts'
import {Missing} from './missing.tsx'
import {ServiceForm} from './service-form.tsx'

export function NewRecord({noun}: {noun: Noun}) {
  title(noun.createLabel)
  const suggest = useSuggestions()
  const [secret, setSecret] = useState<string>()
  const operation = can(noun.create)
  if (!operation) return <Missing />
  const RecordForm = noun.noun === 'service' ? ServiceForm : Form
  const done = (result: Document): void => {
    const shown = secretIn(result)
    const record = (result['record'] as Document | undefined) ?? result
    if (shown !== undefined) return setSecret(shown)
    const key = keyOf(noun, record)
    toast(`Created ${noun.one} ${key}`)
    return go(linkTo(noun.path, key))
  }
  return (
    <>
      <p class="crumb">
        <a href={linkTo(noun.path)}>{noun.title}</a>
      </p>
      <Heading title={noun.createLabel} lead={noun.lead} />
      {secret === undefined ? (
        <RecordForm
          operation={operation}
          submit={noun.createLabel.replace(/^New /, 'Create ')}
          featured={noun.featured}
          keyField={noun.key}
          hidden={noun.hidden ?? []}
          suggest={suggest}
          onDone={done}
          onCancel={() => go(linkTo(noun.path))}
        />
      ) : (
        <Secret secret={secret} onDone={() => go(linkTo(noun.path))} />
      )}
    </>
  )
}

/** What is answered once beside the record: `{token, record}`, `{key, record}`, `client_secret`. */
export function secretIn(result: Document): string | undefined {
  const {record, client_secret: ofClient, ...rest} = result
  const found = record === undefined ? ofClient : Object.values(rest).find(one => typeof one === 'string')
  return found as string | undefined
}
