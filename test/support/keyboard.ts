// Somebody with a keyboard alone: Tab, Enter, Space, arrows and typing. Whatever takes the focus has to show that it has it.
import type {Page} from 'playwright-core'

/** More than any page has. */
const enough = 250

interface Focused {
  id: string
  name: string
  isShown: boolean
}

export class Keyboard {
  readonly #page: Page

  constructor(page: Page) {
    this.#page = page
  }

  /** Finds a page or something to do in the palette, by what it is called, and goes there. */
  async find(words: string): Promise<void> {
    const {keyboard} = this.#page
    await keyboard.press('Control+k')
    await this.#page.waitForSelector('dialog [role=combobox]:focus')
    await keyboard.type(words)
    await this.#page.locator('[aria-selected=true] .cut').getByText(words, {exact: true}).waitFor()
    await keyboard.press('Enter')
    await this.#page.waitForSelector('dialog', {state: 'detached'})
  }

  /** Presses `key` until something of this name, or `#id`, has the focus. */
  async to(wanted: string, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
    const passed: string[] = []
    for (let step = 0; step < enough; step++) {
      const {id, name, isShown} = await this.#page.evaluate(focused)
      if (!isShown) throw new Error(`Nobody sees that the focus is on ${name} ${id}`)
      if (wanted === name || wanted === `#${id}`) return
      passed.push(name)
      await this.#page.keyboard.press(key)
    }
    throw new Error(`${wanted} is not among ${[...new Set(passed)].join(', ')}`)
  }

  /** Presses a button, or follows a link. */
  async press(wanted: string, key = 'Enter'): Promise<void> {
    await this.to(wanted)
    await this.#page.keyboard.press(key)
  }

  /** Writes into an input, in place of what stands there. */
  async write(wanted: string, text: string): Promise<void> {
    await this.to(wanted)
    await this.#page.keyboard.press('Control+a')
    await this.#page.keyboard.insertText(text)
  }

  key(key: string): Promise<void> {
    return this.#page.keyboard.press(key)
  }

  /** What has the focus is called so. */
  async name(): Promise<string> {
    return (await this.#page.evaluate(focused)).name
  }
}

/** Runs in the page. An input out of sight shows its focus on its label. */
function focused(): Focused {
  const one = document.activeElement as HTMLInputElement | null
  const label = one?.labels?.[0]
  const said = (label ?? one)?.cloneNode(true) as Element | undefined
  for (const part of said?.querySelectorAll('[aria-hidden=true]') ?? []) part.remove()
  const name = one?.getAttribute('aria-label') ?? said?.textContent ?? ''
  const seen = one?.matches('.hidden') ? label : one
  const isShown =
    !one || one.matches('body, main, dialog') || getComputedStyle(seen ?? one).outlineStyle !== 'none'
  return {id: one?.id ?? '', name: name.trim(), isShown}
}
