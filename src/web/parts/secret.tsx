// A secret that is shown once.
import {Snippet} from './bits.tsx'

export const Secret = ({secret, onDone}: {secret: string; onDone: () => void}) => (
  <section class="notice good" aria-label="Secret">
    <strong>Copy it now: it is shown this once</strong>
    <p>Only its hash is kept, so nobody can tell it to you later.</p>
    <Snippet label="Secret" text={secret} />
    <div class="buttons">
      <button type="button" class="primary" onClick={onDone}>
        I have it
      </button>
    </div>
  </section>
)
