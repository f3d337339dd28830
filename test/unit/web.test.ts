// Forms, commands and warnings of the web UI, without a browser.
import {expect} from 'chai'
import {contract, operations} from '../../src/core/contract/index.ts'
import type {Route} from '../../src/core/contract/route.ts'
import {commandLine, positional} from '../../src/web/data/command.ts'
import {draftOf, formFields, placeErrors, startingInputs} from '../../src/web/data/draft.ts'
import {overlaps} from '../../src/web/data/overlaps.ts'
import {asField, kindOf, toRaw, toValue} from '../../src/web/data/schema.ts'
import {allCommands} from '../support/commands.ts'

const {create, update} = contract.proxy

describe('the web UI', () => {
  describe('a form', () => {
    it('has an input of a known kind for every field of every operation, and gives back what it was given', () => {
      for (const operation of operations) {
        for (const [name, field] of formFields(operation)) {
          const raw = toRaw(field, undefined)
          const again = toRaw(field, toValue(field, raw))
          expect(again, `${operation.id} ${name} (${kindOf(field)})`).to.deep.equal(raw)
        }
      }
    })

    it('sends of a new record only what differs from the defaults', () => {
      const fields = formFields(create)
      const inputs = {...startingInputs(fields, {}), hostname: 'a.example', enable_http: false}
      expect(draftOf(create, fields, inputs)).to.deep.equal({
        body: {hostname: 'a.example', enable_http: false},
        errors: new Map(),
      })
    })

    it('sends of a known record only what changed, and null for what was emptied', () => {
      const fields = formFields(update)
      const record = {target_url: 'http://a', description: 'old', custom_headers: {'X-A': '1'}, enabled: true}
      const inputs = {...startingInputs(fields, record), description: '', custom_headers: 'X-A=2'}
      expect(draftOf(update, fields, inputs, record).body).to.deep.equal({
        description: null,
        custom_headers: {'X-A': '2'},
      })
    })

    it('says what is missing and what is not of the right form', () => {
      const operation = contract.route.create
      const fields = formFields(operation)
      const inputs = {
        ...startingInputs(fields, {}),
        path_pattern: '/a',
        priority: '1000',
        hosts: 'ok.example\nNot Ok',
      }
      const {errors} = draftOf(operation, fields, inputs)
      expect(Object.fromEntries(errors)).to.deep.equal({
        target_type: 'This is needed',
        target_value: 'This is needed',
        priority: 'At most 999',
        hosts: '`Not Ok` is not of the right form',
      })
    })

    it('puts errors of the server at the input they are about', () => {
      const fields = formFields(contract.instance.register)
      const {placed, rest} = placeErrors(fields, [
        {field: 'more_urls.1', reason: 'is mcpx itself', remedy: 'point elsewhere'},
        {field: 'body', reason: 'is odd'},
      ])
      expect(Object.fromEntries(placed)).to.deep.equal({more_urls: 'Line 2: is mcpx itself; point elsewhere'})
      expect(rest).to.deep.equal(['Body: is odd'])
    })
  })

  describe('the command of a form', () => {
    it('is what the command line takes', async () => {
      const commands = await allCommands()
      const forms = operations.filter(({id, body}) => body && commands.get(id)?.operation)
      for (const {id, params} of forms) {
        const args = positional[id] ?? Object.keys(asField(params).properties ?? {})
        const taken = Object.keys(commands.get(id)?.args ?? {})
        expect(args, id).to.deep.equal(taken)
      }
    })

    it('quotes for a shell', () => {
      const given = {hostname: 'a.example', description: "it's", enable_http: false, allowed_origins: ['*']}
      expect(commandLine(create, given)).to.equal(
        "mcpx proxy create a.example --description 'it'\\''s' --no-enable-http --allowed-origins '*'",
      )
    })
  })

  describe('routes', () => {
    const route = (
      route_id: string,
      path_pattern: string,
      priority: number,
      more: Partial<Route> = {},
    ): Route => ({
      route_id,
      path_pattern,
      priority,
      target_type: 'port',
      target_value: '1',
      methods: ['*'],
      is_exact: false,
      is_regex: false,
      strip_path: false,
      enabled: true,
      owner: 'a',
      created_at: '',
      updated_at: '',
      revision: 1,
      ...more,
    })
    const hidden = (...routes: Route[]): string[] =>
      overlaps(routes).map(({above, below}) => `${below.route_id} behind ${above.route_id}`)

    it('are warned of when one that is tried before takes all of their requests', () => {
      expect(hidden(route('wide', '/a', 60), route('narrow', '/a/b', 50))).to.deep.equal([
        'narrow behind wide',
      ])
    })

    it('are not when the other has another host, method or path, or comes later', () => {
      expect(
        hidden(
          route('other-host', '/a', 60, {hosts: ['x.example']}),
          route('other-method', '/a', 61, {methods: ['POST']}),
          route('other-path', '/ab', 62),
          route('later', '/a', 40),
          route('exact', '/a', 63, {is_exact: true}),
          route('switched-off', '/', 70, {enabled: false}),
          route('seen', '/a/b', 50),
        ),
      ).to.deep.equal([])
    })
  })
})
