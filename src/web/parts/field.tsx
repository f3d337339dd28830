// One input of a form, with its label, what it means, and what is wrong with it.
import {bare, type Field, type Kind, kindOf, labelOf, type Raw} from '../data/schema.ts'
import {Prose, sentence} from './bits.tsx'

export interface FieldProps {
  /** How the ids of the form begin. */
  ids: string
  /** Dotted path, e.g. `auth.mode`. */
  path: string
  field: Field
  raw: Raw
  required: boolean
  /** Whether to say so of what may be left out: of a new record, not of one that is changed. */
  isOptional: boolean
  /** What is wrong, by dotted path. */
  errors: ReadonlyMap<string, string>
  onChange: (raw: Raw) => void
  onLeave?: (() => void) | undefined
  suggestions?: readonly string[] | undefined
}

/** How several values stand in one input. */
const written: Partial<Record<Kind, string>> = {
  lines: 'one a line',
  pairs:
    'NAME=VALUE, one a line; what has several lines, or spaces at its ends, stands in double quotes, where `\\n` is a line break',
}

export function FieldInput(props: FieldProps) {
  const {path, field, raw, required, isOptional, errors} = props
  const kind = kindOf(field)
  const name = path.split('.').at(-1) ?? path
  if (kind === 'group') return <Group {...props} />
  const error = errors.get(path)
  const id = `${props.ids}-${path}`
  const hint = (
    <p id={`${id}-hint`} class="hint">
      <Prose text={sentence([bare(field).description, written[kind]].filter(Boolean).join('; '))} />
    </p>
  )
  const wrong = error !== undefined && (
    <p id={`${id}-error`} class="error">
      <Prose text={error} />
    </p>
  )
  if (kind === 'switch') {
    return (
      <div class="field switch">
        <input
          id={id}
          type="checkbox"
          checked={raw === true}
          aria-describedby={`${id}-hint`}
          onChange={event => props.onChange(event.currentTarget.checked)}
        />
        <div>
          <label for={id}>{labelOf(name)}</label>
          {hint}
          {wrong}
        </div>
      </div>
    )
  }
  if (kind === 'choices') return <Choices {...props} label={labelOf(name)} hint={hint} wrong={wrong} />
  return (
    <div class="field">
      <label class="label" for={id}>
        {labelOf(name)}{' '}
        {isOptional && !required && bare(field).default === undefined && (
          <span class="optional">optional</span>
        )}
      </label>
      <Input
        {...props}
        id={id}
        kind={kind}
        described={`${id}-hint${error === undefined ? '' : ` ${id}-error`}`}
      />
      {wrong}
      {hint}
    </div>
  )
}

function Input({
  id,
  kind,
  field,
  raw,
  required,
  errors,
  path,
  described,
  onChange,
  onLeave,
  suggestions,
}: FieldProps & {id: string; kind: string; described: string}) {
  const shared = {
    id,
    'aria-describedby': described,
    'aria-invalid': errors.has(path),
    'aria-required': required,
    onBlur: onLeave,
  }
  const change = (event: {currentTarget: {value: string}}): void => onChange(event.currentTarget.value)
  const {enum: options = [], default: preset} = bare(field)
  if (kind === 'choice') {
    return (
      <select {...shared} value={String(raw)} onChange={change}>
        {(!required || raw === '') && preset === undefined && <option value="">–</option>}
        {options.map(option => (
          <option key={String(option)} value={String(option)}>
            {String(option)}
          </option>
        ))}
      </select>
    )
  }
  if (kind === 'lines' || kind === 'pairs' || kind === 'json' || path.endsWith('_pem')) {
    const rows = Math.min(12, Math.max(kind === 'json' ? 4 : 2, String(raw).split('\n').length + 1))
    return <textarea {...shared} rows={rows} spellcheck={false} value={String(raw)} onInput={change} />
  }
  const list = suggestions && suggestions.length > 0 ? `${id}-list` : undefined
  return (
    <>
      <input
        {...shared}
        type="text"
        inputMode={kind === 'number' ? 'numeric' : undefined}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        list={list}
        value={String(raw)}
        onInput={change}
      />
      {list && (
        <datalist id={list}>
          {suggestions?.map(one => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
    </>
  )
}

function Choices({
  field,
  raw,
  label,
  hint,
  wrong,
  ids,
  path,
  onChange,
}: FieldProps & {label: string; hint: preact.JSX.Element; wrong: preact.JSX.Element | false}) {
  const chosen = raw as string[]
  const toggle = (option: string, on: boolean): void =>
    onChange(on ? [...chosen, option] : chosen.filter(one => one !== option))
  return (
    <fieldset class="field" aria-describedby={`${ids}-${path}-hint`}>
      <legend class="label">{label}</legend>
      <div class="ticks">
        {(bare(field).items?.enum ?? []).map(String).map(option => (
          <label key={option} class="tick">
            <input
              type="checkbox"
              checked={chosen.includes(option)}
              onChange={event => toggle(option, event.currentTarget.checked)}
            />
            {option === '*' ? 'any (*)' : option}
          </label>
        ))}
      </div>
      {wrong}
      {hint}
    </fieldset>
  )
}

function Group(props: FieldProps) {
  const {path, field, raw, onChange} = props
  const {properties = {}, required = []} = bare(field)
  const parts = raw as Record<string, Raw>
  return (
    <fieldset class="group">
      <legend class="label">{labelOf(path.split('.').at(-1) ?? path)}</legend>
      <p class="hint">
        <Prose text={sentence(bare(field).description ?? '')} />
      </p>
      {Object.entries(properties)
        .filter(([, one]) => !one.readOnly)
        .map(([name, one]) => (
          <FieldInput
            {...props}
            key={name}
            path={`${path}.${name}`}
            field={one}
            raw={parts[name] ?? ''}
            required={required.includes(name) && one.default === undefined}
            suggestions={undefined}
            onChange={next => onChange({...parts, [name]: next})}
          />
        ))}
    </fieldset>
  )
}
