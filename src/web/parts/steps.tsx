// What was tried one after another, and what was found at each step.
import type {ProbeReport} from '../../core/contract/resource.ts'
import {Badge} from './bits.tsx'

export const Steps = ({report: {ok, steps}}: {report: ProbeReport}) => (
  <div class="report" role="status">
    <p>
      <Badge tone={ok ? 'good' : 'bad'}>{ok ? 'works' : 'does not work'}</Badge>
    </p>
    <ol class="lines" aria-label="Steps">
      {steps.map(({step, ok: fine, detail}) => (
        <li key={step}>
          <Badge tone={fine ? 'good' : 'bad'}>{fine ? 'ok' : 'not ok'}</Badge>
          <span>
            {step} <span class="dim">{detail}</span>
          </span>
        </li>
      ))}
    </ol>
  </div>
)
