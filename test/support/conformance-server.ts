// The MCP server that the conformance suite is run against, direct and through the gateway: sessions for 2025-11-25
// and before, 2026-07-28 without, on one endpoint. Prints {"listening":"http://127.0.0.1:PORT/mcp"}.
import {text} from 'node:stream/consumers'
import {type NodeIncomingMessageLike, toNodeHandler, toWebRequest} from '@modelcontextprotocol/node'
import {createMcpHandler, isLegacyRequest, McpServer} from '@modelcontextprotocol/server'
import {answer, serve} from '../../examples/serve.ts'
import {sessions} from '../../examples/sessions.ts'
import type {Announcer} from './fixture/content.ts'
import {registerInputTools, requestState} from './fixture/input.ts'
import {registerPrompts} from './fixture/prompts.ts'
import {acceptSubscriptions, registerResources} from './fixture/resources.ts'
import {registerTools} from './fixture/tools.ts'

const capabilities = {
  logging: {},
  completions: {},
  tools: {listChanged: true},
  prompts: {listChanged: true},
  resources: {subscribe: true, listChanged: true},
}

const modern = createMcpHandler(() => createServer({toolsChanged, promptsChanged}), {legacy: 'reject'})
const handleModern = toNodeHandler(modern)
const handleSession = sessions(createSession, {retryInterval: 100})

serve(async (request, response) => {
  const like = request as NodeIncomingMessageLike
  if (request.method !== 'POST') return handleSession(request, response)
  const body = parsed(await text(request))
  if (body === undefined) return answer(response, 400, 'Parse error: the body is not JSON')
  if (await isLegacyRequest(await toWebRequest(like, body), body))
    return handleSession(request, response, body)
  return handleModern(like, response, body)
})

function createServer(announcer: Announcer): McpServer {
  const server = new McpServer(
    {name: 'conformance-fixture', version: '1.0.0'},
    {capabilities, requestState: {verify: requestState.verify}},
  )
  registerTools(server, announcer)
  registerInputTools(server)
  registerPrompts(server)
  registerResources(server)
  return server
}

function createSession(): McpServer {
  const server = createServer({
    toolsChanged: () => server.sendToolListChanged(),
    promptsChanged: () => server.sendPromptListChanged(),
  })
  acceptSubscriptions(server)
  return server
}

function toolsChanged(): void {
  modern.notify.toolsChanged()
}

function promptsChanged(): void {
  modern.notify.promptsChanged()
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
