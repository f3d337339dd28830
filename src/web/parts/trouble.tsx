// Says across the page that the server cannot be heard, until it can.
import {link, trouble, tryNow} from '../data/live.ts'

export const Trouble = () => (
  <div class="trouble" role="status">
    {link.value === 'lost' && trouble.value && (
      <p>
        <strong>{trouble.value.title}.</strong> What you see may be old; trying again by itself.{' '}
        <button type="button" class="small" onClick={tryNow}>
          Try now
        </button>
      </p>
    )}
  </div>
)
