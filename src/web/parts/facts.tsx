// What is known, each with its name; what is not known is left out.
import type {ComponentChildren} from 'preact'

export type Fact = [label: string, value: ComponentChildren]

/** `kind` is how it looks: `facts` one below the other, `glance` side by side. */
export const Facts = ({
  kind = 'facts',
  label,
  facts,
}: {
  kind?: 'facts' | 'glance'
  label?: string
  facts: readonly Fact[]
}) => (
  <dl class={kind} aria-label={label}>
    {facts.map(
      ([name, value]) =>
        value && (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
    )}
  </dl>
)
