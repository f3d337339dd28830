// Waiting on what can be observed.

/** Wait until `condition` holds, looking every `every` ms; throws what was waited for after `within` ms. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  within = 10_000,
  every = 10,
): Promise<void> {
  const end = Date.now() + within
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`Not within ${within} ms: ${what}`)
    await new Promise(resolve => setTimeout(resolve, every))
  }
}
