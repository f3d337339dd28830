// Anything the API does that has no page of its own: a form of its fields, and what it answered.
import {useEffect, useState} from 'preact/hooks'
import {call, type Document, type Failure, problemIn} from '../data/client.ts'
import {commandLine} from '../data/command.ts'
import {inOneForm, isPlain, otherNamed, partsOf} from '../data/others.ts'
import {labelOf} from '../data/schema.ts'
import {useSuggestions} from '../data/suggest.ts'
import {Heading, Problem, Snippet, sentence, Value} from '../parts/bits.tsx'
import {Form} from '../parts/form.tsx'
import {title} from '../parts/title.ts'
import {linkTo} from '../router.ts'
import {Missing} from './missing.tsx'

export function OtherOperation({id}: {id: string}) {
  const operation = otherNamed(id)
  title(operation?.summary ?? 'Not found')
  const suggest = useSuggestions()
  const [result, setResult] = useState<{answer: unknown}>()
  const [problem, setProblem] = useState<Failure['problem']>()
  useEffect(() => {
    if (!operation || !isPlain(operation)) return
    call(operation).then(
      answer => setResult({answer}),
      error => setProblem(problemIn(error)),
    )
  }, [id])
  if (!operation) return <Missing />
  return (
    <>
      <p class="crumb">
        <a href={linkTo('settings')}>Settings</a>
      </p>
      <Heading title={operation.summary} />
      {problem && <Problem problem={problem} />}
      {isPlain(operation) ? (
        <Snippet label="Command" text={commandLine(operation, {}) ?? ''} />
      ) : (
        <Form
          operation={inOneForm(operation)}
          submit={operation.method === 'GET' ? 'Show' : 'Do it'}
          suggest={suggest}
          {...(operation.method === 'GET' && {isQuestion: true as const})}
          send={async fields => (await call(operation, partsOf(operation, fields))) as Document}
          command={fields => commandLine(operation, fields)}
          onDone={answer => setResult({answer})}
        />
      )}
      {result && (
        <section class="card" aria-label="Answer" role="status">
          <h2>Answer</h2>
          <Answer of={result.answer} />
        </section>
      )}
    </>
  )
}

function Answer({of}: {of: unknown}) {
  if (of === undefined) return <p>Done.</p>
  const {items, ...fields} = of as Document
  if (Array.isArray(items) && items.length === 0) return <p>There are none.</p>
  if (Array.isArray(items)) {
    return (
      <>
        {items.map((item, index) => (
          <Facts key={index} of={item} />
        ))}
      </>
    )
  }
  return <Facts of={fields} />
}

const Facts = ({of}: {of: unknown}) =>
  typeof of !== 'object' || of === null ? (
    <p>{String(of)}</p>
  ) : (
    <dl class="facts">
      {Object.entries(of).map(([name, value]) => (
        <div key={name}>
          <dt>{sentence(labelOf(name))}</dt>
          <dd>
            {name.endsWith('_pem') ? (
              <Snippet label={labelOf(name)} text={String(value)} />
            ) : (
              <Value name={name} value={value} />
            )}
          </dd>
        </div>
      ))}
    </dl>
  )
