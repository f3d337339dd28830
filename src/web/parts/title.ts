// What the tab of the browser says.

export function title(text: string): void {
  document.title = `${text} · mcpx`
}
