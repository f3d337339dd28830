// The frame of the pages that mcpx shows in front of what it proxies: no script, for phones too, light and dark.

/** Text as HTML. */
export const escape = (text: string): string =>
  text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)

const style = `
:root{color-scheme:light dark;--ink:#1c2024;--dim:#5b5f68;--line:#d9dce2;--card:#fff;--ground:#f4f5f8;--accent:#2f4fc9;--on:#fff;--warn:#8a5300;--warnbg:#fff4de;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--ink:#edeef0;--dim:#a9aeb7;--line:#343942;--card:#1b1d21;--ground:#111214;--accent:#9db0ff;--on:#10142b;--warn:#ffcf7d;--warnbg:#33270f;--bad:#ff9d94}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif;display:flex;align-items:flex-start;justify-content:center}
main{width:100%;max-width:27rem;margin:max(2rem,9vh) 1rem 2rem;background:var(--card);border:1px solid var(--line);border-radius:1rem;padding:1.75rem 1.5rem}
.mark{font-weight:650;letter-spacing:-.01em;color:var(--dim);font-size:.875rem;margin:0 0 1.25rem}
h1{font-size:1.375rem;line-height:1.3;letter-spacing:-.015em;margin:0 0 .5rem;overflow-wrap:anywhere}
p{margin:0 0 1rem;overflow-wrap:anywhere}.dim{color:var(--dim)}.dim strong{color:var(--ink);font-weight:600}
dl{margin:0 0 1.25rem;padding:.25rem 0;border-block:1px solid var(--line)}
dl div{padding:.6rem 0}dl div+div{border-top:1px solid var(--line)}
dt{font-size:.8125rem;color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}
dd ul{margin:.15rem 0 0;padding-left:1.1rem}dd strong{font-weight:600}
code{font:.875em ui-monospace,SFMono-Regular,Menlo,monospace}
form{margin:0}form+form{margin-top:.75rem}
label{display:block;font-weight:550;margin:0 0 .35rem}
input[type=password]{width:100%;font:inherit;padding:.65rem .75rem;border:1px solid var(--dim);border-radius:.6rem;background:var(--ground);color:inherit;margin:0 0 .75rem}
button{display:block;width:100%;min-height:2.9rem;font:inherit;font-weight:600;border-radius:.6rem;border:1px solid var(--dim);background:transparent;color:var(--ink);cursor:pointer;padding:.5rem 1rem}
button.main{background:var(--accent);border-color:var(--accent);color:var(--on)}
button:hover{filter:brightness(1.06)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:.75rem}
.note{border-radius:.6rem;padding:.75rem .9rem;margin:0 0 1.25rem;background:var(--warnbg);color:var(--warn);font-size:.9375rem}
.bad{color:var(--bad);font-weight:550}
.or{display:flex;align-items:center;gap:.75rem;color:var(--dim);font-size:.875rem;margin:1rem 0}.or::before,.or::after{content:"";flex:1;border-top:1px solid var(--line)}
details{margin:0 0 1rem;font-size:.9375rem}summary{cursor:pointer;color:var(--dim)}
@media(max-width:26rem){body{background:var(--card)}main{border:0;border-radius:0;margin:0;padding:1.5rem 1.25rem}}`

/** `body` is HTML. */
export const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escape(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<p class="mark">mcpx</p>
${body}
</main>
</body>
</html>
`

/** For pages without forms of their own. */
export const pagePolicy =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
