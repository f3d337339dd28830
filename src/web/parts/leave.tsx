// Asks before what was typed is lost.
import {leaving} from '../data/unsaved.ts'
import {Dialog} from './dialog.tsx'

export function Leave() {
  const goOn = leaving.value
  if (!goOn) return null
  const stay = (): void => {
    leaving.value = undefined
  }
  return (
    <Dialog label="Leave without saving?" onClose={stay}>
      <h2>Leave without saving?</h2>
      <p>What you typed here is not saved yet.</p>
      <div class="buttons">
        <button type="button" class="primary" onClick={stay}>
          Stay
        </button>
        <button type="button" class="danger" onClick={goOn}>
          Leave
        </button>
      </div>
    </Dialog>
  )
}
