// A form made from an operation: validated here and by the server, with the command that does the same.
import type {ComponentChildren} from 'preact'
import {useEffect, useMemo, useRef, useState} from 'preact/hooks'
import type {Operation} from '../../core/operation.ts'
import {call, type Document, Failure, problemIn} from '../data/client.ts'
import {commandLine} from '../data/command.ts'
import {draftOf, formFields, type Inputs, placeErrors, startingInputs} from '../data/draft.ts'
import {asField, same} from '../data/schema.ts'
import {useUnsaved} from '../data/unsaved.ts'
import {Problem, Snippet} from './bits.tsx'
import {Conflict} from './conflict.tsx'
import {FieldInput} from './field.tsx'

/** What makes a part of the body that no input stands for. */
export interface FormPart {
  show: ComponentChildren
  /** Whether it has something to send. */
  isFilled: boolean
  /** What it adds to the command. */
  command: Document
  /** What it adds to the body, made when that is sent. Throws a Failure. */
  make: (body: Document) => Promise<Document>
}

export interface FormProps {
  operation: Operation
  submit: string
  params?: Document
  /** The record to change; its revision is held to. */
  record?: Document | undefined
  /** How a part is that is not switched on yet: so it will be where nothing else is sent. */
  start?: Document
  /** Fields always in sight; the others are folded away. Default: what is required, or all of a few. */
  featured?: readonly string[] | undefined
  hidden?: readonly string[]
  /** Fields that nothing goes without here, beside those of the contract. */
  needed?: readonly string[]
  part?: FormPart
  /** Whether it only asks, so that nothing is lost when it is left. */
  isQuestion?: true
  /** How the ids of its inputs begin; default `f`. Two forms of a page need different ones. */
  ids?: string
  suggest?: ((name: string, inputs: Inputs) => readonly string[] | undefined) | undefined
  /** The field that names a new record. */
  keyField?: string
  /** Carries it out, where the fields are not those of a body. Throws a Failure. */
  send?: (fields: Document) => Promise<Document>
  /** The same as a command; default that of the operation. */
  command?: (fields: Document) => string | undefined
  /** Reads the record again, for a conflict. */
  reread?: () => Promise<Document>
  onDone: (result: Document) => void
  onCancel?: () => void
}

/** Milliseconds before an error shows, so that the button one is about to press does not move away. */
const settle = 200

/** So many fields need no folding. */
const few = 5

export function Form(props: FormProps) {
  const {operation, params = {}, hidden, part, onDone} = props
  const fields = useMemo(() => formFields(operation, hidden), [operation, hidden?.join()])
  const [record, setRecord] = useState(props.record)
  const [inputs, setInputs] = useState(() =>
    startingInputs(formFields(operation), record ?? props.start ?? {}),
  )
  const [touched, setTouched] = useState(false)
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set())
  const [failure, setFailure] = useState<Failure['problem']>()
  const [theirs, setTheirs] = useState<Document>()
  const [busy, setBusy] = useState(false)
  const isAtWork = useRef(false)
  const form = useRef<HTMLFormElement>(null)

  const {body, errors} = draftOf(operation, fields, inputs, record ?? props.start, props.needed)
  const first = startingInputs(formFields(operation), record ?? props.start ?? {})
  const isDirty = (touched && !same(inputs, first)) || part?.isFilled === true
  useUnsaved(isDirty && !props.isQuestion)
  const begin = (from: Document): void => {
    setRecord(from)
    setInputs(startingInputs(formFields(operation), from))
    setTouched(false)
  }
  // It was changed elsewhere, or saved here.
  useEffect(() => {
    if (props.record && !isDirty) begin(props.record)
  }, [JSON.stringify(props.record)])

  const server = placeErrors(fields, failure?.errors)
  const shown = new Map([...[...errors].filter(([name]) => left.has(name)), ...server.placed])
  const isSame = record !== undefined && Object.keys(body).length === 0 && errors.size === 0
  const nothing = isSame && !part?.isFilled

  const focusFirst = (): void =>
    requestAnimationFrame(() => {
      const wrong = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')
      if (wrong) wrong.focus()
      else form.current?.scrollIntoView()
    }) as never

  const send = async (ifMatch: number | undefined): Promise<void> => {
    if (isAtWork.current) return
    isAtWork.current = true
    setBusy(true)
    setFailure(undefined)
    try {
      const whole = {...body, ...(await part?.make(body))}
      const result = await (props.send?.(whole) ?? call(operation, {params, body: whole, ifMatch}))
      setTouched(false)
      onDone(result as Document)
    } catch (error) {
      if (error instanceof Failure && error.problem.code === 'revision-mismatch' && props.reread)
        setTheirs(await props.reread())
      else setFailure(ofName(problemIn(error), props.keyField))
      focusFirst()
    } finally {
      isAtWork.current = false
      setBusy(false)
    }
  }
  /** What is still wrong once a field was changed. */
  const without = (name: string): typeof failure => {
    const errors = failure?.errors?.filter(({field}) => field.split('.')[0] !== name)
    return failure?.errors && errors?.length === 0
      ? undefined
      : failure && {...failure, ...(errors && {errors})}
  }
  const submit = (event: Event): void => {
    event.preventDefault()
    setLeft(new Set(fields.map(([name]) => name)))
    if (errors.size > 0) focusFirst()
    else void send(record?.['revision'] as number | undefined)
  }

  const command = (props.command ?? (all => commandLine(operation, all)))({
    ...params,
    ...body,
    ...part?.command,
  })
  const required = [...(asField(operation.body).required ?? []), ...(props.needed ?? [])]
  const isFeatured = (name: string): boolean =>
    fields.length <= few || (props.featured ? props.featured.includes(name) : required.includes(name))
  const input = ([name, field]: (typeof fields)[number]) => (
    <FieldInput
      key={name}
      ids={props.ids ?? 'f'}
      path={name}
      field={field}
      raw={inputs[name] ?? ''}
      required={required.includes(name)}
      isOptional={record === undefined && props.start?.[name] === undefined}
      errors={shown}
      suggestions={props.suggest?.(name, inputs)}
      onChange={raw => {
        setInputs({...inputs, [name]: raw})
        setTouched(true)
        setFailure(without(name))
      }}
      onLeave={() => setTimeout(() => setLeft(known => new Set([...known, name])), settle)}
    />
  )
  const rank = ([name]: (typeof fields)[number]): number => {
    const at = props.featured?.indexOf(name) ?? -1
    return at === -1 ? fields.length : at
  }
  const inSight = fields
    .filter(([name]) => isFeatured(name))
    .toSorted((one, other) => rank(one) - rank(other))
  const folded = fields.filter(([name]) => !isFeatured(name))
  const opened = folded.some(([name]) =>
    [...shown.keys()].some(path => path === name || path.startsWith(`${name}.`)),
  )
  return (
    <form ref={form} class="form" noValidate onSubmit={submit}>
      {theirs && record && (
        <Conflict
          mine={body}
          before={record}
          theirs={theirs}
          onTheirs={() => {
            begin(theirs)
            setTheirs(undefined)
          }}
          onMine={() => {
            setRecord({...record, revision: theirs['revision']})
            setTheirs(undefined)
            void send(theirs['revision'] as number)
          }}
        />
      )}
      {failure && (server.placed.size === 0 || server.rest.length > 0) && <Problem problem={failure} />}
      {part?.show}
      {inSight.map(input)}
      {folded.length > 0 && (
        <details class="more" open={opened || undefined}>
          <summary>More settings ({folded.length})</summary>
          {folded.map(input)}
        </details>
      )}
      <div class="buttons">
        <button type="submit" class="primary" disabled={busy || nothing}>
          {busy ? 'Working…' : props.submit}
        </button>
        {props.onCancel && (
          <button type="button" onClick={props.onCancel}>
            Cancel
          </button>
        )}
      </div>
      {!nothing && errors.size === 0 && command !== undefined && (
        <div class="as-command">
          <p class="hint">The same in a shell</p>
          <Snippet label="Command" text={command} />
        </div>
      )}
    </form>
  )
}

/** A name that is taken is told at the field that gives it. */
function ofName(problem: Failure['problem'], field: string | undefined): Failure['problem'] {
  const {code, detail: reason, hint: remedy} = problem
  return code === 'already-exists' && field !== undefined
    ? {...problem, errors: [{field, reason, remedy}]}
    : problem
}
