// The pages of the console host until the web UI stands: plain HTML, no script, light and dark.

const escape = (text: string): string =>
  text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)

const style = `
:root{color-scheme:light dark;--ink:#1c2024;--dim:#60646c;--line:#e0e3e8;--card:#fff;--ground:#f7f8fa;--accent:#3355d1}
@media(prefers-color-scheme:dark){:root{--ink:#edeef0;--dim:#a4a9b2;--line:#2e3238;--card:#1b1d21;--ground:#121316;--accent:#90a5ff}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.6 system-ui,sans-serif}
main{max-width:44rem;margin:0 auto;padding:3rem 1.25rem}h1{font-size:1.75rem;margin:0 0 .25rem;letter-spacing:-.02em}
p.lead{margin:0 0 2rem;color:var(--dim)}ol{list-style:none;margin:0;padding:0;display:grid;gap:1rem}
li{min-width:0;background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:1rem 1.25rem}
h2{font-size:1rem;margin:0 0 .25rem}li p{margin:0 0 .5rem;color:var(--dim)}
pre{margin:0;padding:.6rem .8rem;border-radius:.5rem;background:var(--ground);border:1px solid var(--line);overflow-x:auto;font:.875rem/1.5 ui-monospace,monospace}
a{color:var(--accent)}footer{margin-top:2rem;color:var(--dim);font-size:.875rem}`

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' fill='%233355d1'/%3E%3Cpath d='M4 5l3 3-3 3M8 11h4' stroke='%23fff' stroke-width='1.6' fill='none'/%3E%3C/svg%3E"

const page = (title: string, body: string, head = ''): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<link rel="icon" href="${icon}">
${head}
</head>
<body>
${body}
</body>
</html>
`

/** What to do next, for a person who opened the address that \`mcpx serve\` printed. */
export function landingPage({
  origin,
  version,
  local,
}: {
  origin: string
  version: string
  local: boolean
}): string {
  const host = local ? 'app.localhost' : 'app.example.com'
  const steps: [title: string, text: string, command: string][] = [
    [
      'Look around with the demo',
      'Two echo MCP servers, published through this gateway, with ready snippets for clients.',
      'npx mcpx demo',
    ],
    [
      'Publish something of yours',
      'A hostname, and the URL its requests go to.',
      `npx mcpx proxy create ${host} http://127.0.0.1:3000`,
    ],
    [
      'Send one path elsewhere',
      'An instance is a name for where something runs; a route sends a path to it.',
      'npx mcpx instance register tools http://127.0.0.1:4000\nnpx mcpx route create /mcp instance tools',
    ],
    ['Watch requests', 'Every request with its route, upstream, status and MCP method.', 'npx mcpx logs -f'],
  ]
  const items = steps.map(
    ([title, text, command]) =>
      `<li><h2>${escape(title)}</h2><p>${escape(text)}</p><pre><code>${escape(command)}</code></pre></li>`,
  )
  const body = `<main>
<h1>mcpx is running</h1>
<p class="lead">This is ${escape(origin)}. Next steps, in any shell on this machine:</p>
<ol>${items.join('\n')}</ol>
<footer><p><a href="/docs">API documentation</a> · <a href="/openapi.json">OpenAPI 3.1</a> · <a href="/health">Health</a> · mcpx ${escape(version)}</p></footer>
</main>`
  return page('mcpx', body, `<style>${style}</style>`)
}

export const swaggerPage = page(
  'mcpx API',
  '<div id="swagger-ui"></div><script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script>',
  '<link rel="stylesheet" href="/docs/swagger-ui.css">',
)

export const swaggerStart =
  "SwaggerUIBundle({url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, persistAuthorization: false})\n"
