// The page of Swagger UI.

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' fill='%233355d1'/%3E%3Cpath d='M4 5l3 3-3 3M8 11h4' stroke='%23fff' stroke-width='1.6' fill='none'/%3E%3C/svg%3E"

export const swaggerPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>mcpx API</title>
<link rel="icon" href="${icon}">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`

export const swaggerStart =
  "SwaggerUIBundle({url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, persistAuthorization: false})\n"
