// The web UI starts here.
import {render} from 'preact'
import {App} from './app.tsx'
import {followChanges} from './data/live.ts'
import {signInByLink} from './data/session.ts'
import {applyTheme} from './parts/theme.ts'
import {followAddress} from './router.ts'

applyTheme()
followAddress()
void signInByLink()
followChanges()
render(<App />, document.getElementById('app') as HTMLElement)
