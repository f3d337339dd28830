// How mcpx is, how the console looks, where one is signed in.
import {systemOperations} from '../../core/contract/system.ts'
import {call, can} from '../data/client.ts'
import {usePolled} from '../data/live.ts'
import {usable} from '../data/others.ts'
import {me, signOut} from '../data/session.ts'
import {Act} from '../parts/act.tsx'
import {Badge, Heading, Status} from '../parts/bits.tsx'
import {choose, type Theme, theme} from '../parts/theme.ts'
import {title} from '../parts/title.ts'
import {linkTo} from '../router.ts'
import {Backup} from './backup.tsx'
import {Configuration} from './configuration.tsx'

export function Settings() {
  title('Settings')
  return (
    <>
      <Heading title="Settings" />
      <Health />
      {can('export') && <Configuration />}
      {can('backup') && <Backup />}
      <section class="card" aria-label="More to do">
        <h2>More to do</h2>
        <ul class="lines">
          {usable().map(({id, summary}) => (
            <li key={id}>
              <a href={linkTo('do', id)}>{summary}</a>
            </li>
          ))}
        </ul>
      </section>
      <Look />
      <Sessions />
      <section class="card" aria-label="API">
        <h2>API</h2>
        <p>
          <a href="/docs" target="_blank" rel="noreferrer">
            Swagger UI
          </a>{' '}
          ·{' '}
          <a href="/openapi.json" target="_blank" rel="noreferrer">
            OpenAPI 3.1
          </a>
        </p>
      </section>
    </>
  )
}

function Health() {
  const state = usePolled(() => call(systemOperations.health), 5, [])
  return (
    <section class="card" aria-label="Health">
      <h2>Health {state && <Status value={state.status} />}</h2>
      {state && (
        <>
          <dl class="facts">
            {Object.entries(state.checks).map(([name, {ok, detail}]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>
                  <Badge tone={ok ? 'good' : 'bad'}>{ok ? 'ok' : 'not ok'}</Badge> {detail}
                </dd>
              </div>
            ))}
          </dl>
          <p class="dim">
            mcpx {state.version}, replica {state.replica}, up for {duration(state.uptime)}
          </p>
        </>
      )}
    </section>
  )
}

function duration(seconds: number): string {
  const [days, hours, minutes] = [seconds / 86_400, (seconds / 3600) % 24, (seconds / 60) % 60].map(
    Math.floor,
  )
  if (days) return `${days} d ${hours} h`
  return hours ? `${hours} h ${minutes} min` : minutes ? `${minutes} min` : `${seconds} s`
}

const Look = () => (
  <section class="card" aria-label="Appearance">
    <h2>Appearance</h2>
    <div class="ticks" role="radiogroup" aria-label="Theme">
      {(['system', 'light', 'dark'] satisfies Theme[]).map(one => (
        <label key={one} class="tick">
          <input type="radio" name="theme" checked={theme.value === one} onChange={() => choose(one)} />
          {one === 'system' ? 'as the system' : one}
        </label>
      ))}
    </div>
  </section>
)

const Sessions = () => (
  <section class="card" aria-label="Sign-in">
    <h2>Sign-in</h2>
    <p>
      {me.value?.person !== undefined && (
        <>
          Signed in as <strong>{me.value.person}</strong>, for whom the token{' '}
        </>
      )}
      {me.value?.person === undefined && 'Signed in with the token '}
      <strong>{me.value?.name}</strong>
      {me.value?.person === undefined ? ', which may' : ' stands; it may'}{' '}
      {me.value?.admin ? 'do everything' : 'see and change what it owns'}.
    </p>
    <div class="buttons">
      <Act run={() => signOut(false)}>Sign out</Act>
      <Act class="danger" run={() => signOut(true)}>
        Sign out everywhere
      </Act>
    </div>
  </section>
)
