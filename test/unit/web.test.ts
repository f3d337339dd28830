// Forms, commands and warnings of the web UI, without a browser.
import {expect} from 'chai'
import {contract, operations} from '../../src/core/contract/index.ts'
import {authDefaults} from '../../src/core/contract/protection.ts'
import type {Route} from '../../src/core/contract/route.ts'
import {commandLine, positional} from '../../src/web/data/command.ts'
import {draftOf, formFields, placeErrors, startingInputs} from '../../src/web/data/draft.ts'
import {stepsOf} from '../../src/web/data/issuing.ts'
import {overlaps} from '../../src/web/data/overlaps.ts'
import {type Ranked, reorder} from '../../src/web/data/reorder.ts'
import {asField, kindOf, toRaw, toValue} from '../../src/web/data/schema.ts'
import {allCommands} from '../support/commands.ts'
import {onServices, onStaging, onStopped, places, shellOnly} from '../support/places.ts'

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

    it('gives back every value of a pair exactly, whatever is in it', () => {
      const nasty = {
        EMPTY: '',
        PEM: '-----BEGIN X-----\nk=v\nQUJD==\n-----END X-----\n',
        WINDOWS: 'a\r\nb\r',
        EDGES: ' x\t',
        PAD: 'x ',
        SPACE: ' ',
        QUOTED: '"in quotes"',
        OPEN: '"',
        INSIDE: 'say "hi"',
        SINGLE: "'x'",
        JSON: '{"a": "b\\n"}',
        BACKSLASH: '\\n\\',
        BOTH: '\\n\n"\\"\\\\',
        EQUALS: '=a==',
        HASH: '# no comment',
        UNICODE: '\u00a0é\u2028\u0085x',
        LONG: '"\\\n'.repeat(10_000),
      }
      const field = asField(contract.service.update.body).properties?.['environment'] ?? {}
      const raw = String(toRaw(field, nasty))
      expect(toValue(field, raw)).to.deep.equal(nasty)
      expect(toValue(field, `${raw}\n\n  NEW=1\n`)).to.deep.equal({...nasty, NEW: '1'})
      for (const [name, value] of Object.entries(nasty))
        expect(toValue(field, toRaw(field, {[name]: value})), name).to.deep.equal({[name]: value})
    })

    it('puts only such values of pairs in quotes as need them, and takes several lines in quotes', () => {
      const field = asField(contract.service.create.body).properties?.['environment'] ?? {}
      const plain = {A: 'b c', B: '', JSON: '{"a":"b\\n"}', C: "'x'#=\\"}
      expect(toRaw(field, plain)).to.equal('A=b c\nB=\nJSON={"a":"b\\n"}\nC=\'x\'#=\\')
      expect(toRaw(field, {A: 'k=v\nQUJD=='})).to.equal('A="k=v\\nQUJD=="')
      expect(toValue(field, 'A="one\ntwo=2"  \nB=3')).to.deep.equal({A: 'one\ntwo=2', B: '3'})
      expect(() => toValue(field, 'A=one\n-----END')).to.throw('`-----END` is not NAME=VALUE')
      expect(() => toValue(field, 'A="one\nB=2')).to.throw('The quotes of `A` do not end')
      expect(() => toValue(field, 'A="one" two')).to.throw('The quotes of `A` do not end')
    })

    it('leaves variables alone that nobody touched', () => {
      const fields = formFields(contract.service.update)
      const record = {environment: {CERT: 'k=v\nQUJD==', PAD: 'x '}}
      const first = startingInputs(fields, record)
      expect(draftOf(contract.service.update, fields, first, record).body).to.deep.equal({})
      const inputs = {...first, environment: `${first['environment']}\nNEW=1`}
      expect(draftOf(contract.service.update, fields, inputs, record).body).to.deep.equal({
        environment: {...record.environment, NEW: '1'},
      })
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

    it('sends of a part that is switched on only what is not as it would be', () => {
      const {authEnable} = contract.protection
      const fields = formFields(authEnable)
      const known = {...authDefaults, required_users: ['octo']}
      const first = startingInputs(fields, known)
      expect(draftOf(authEnable, fields, first, known)).to.deep.equal({body: {}, errors: new Map()})
      const inputs = {...first, mode: 'redirect', required_users: '', header_prefix: ''}
      expect(draftOf(authEnable, fields, inputs, known)).to.deep.equal({
        body: {mode: 'redirect', required_users: []},
        errors: new Map([['header_prefix', 'This is needed']]),
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

    it('says what a name of a service is, and misses what nothing runs without', () => {
      const {create: operation} = contract.service
      const fields = formFields(operation)
      const inputs = {...startingInputs(fields, {}), service_name: 'My App', memory_limit: 'much'}
      expect(
        Object.fromEntries(draftOf(operation, fields, inputs, undefined, ['image']).errors),
      ).to.deep.equal({
        service_name: 'Not a name: a-z, 0-9, `_` and `-`, at most 63',
        memory_limit: 'Not a size such as `512m` or `2g`',
        image: 'This is needed',
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

  it('shows of a certificate only steps that it goes through', () => {
    const labels = (...given: Parameters<typeof stepsOf>): string[] =>
      stepsOf(...given).map(([, label]) => label)
    expect(labels({issuer: 'internal'})).to.deep.equal(['issued'])
    expect(labels({issuer: 'imported'})).to.deep.equal(['imported'])
    expect(labels({issuer: 'acme'})).to.include.members(['checked here', 'order', 'challenge', 'issued'])
    expect(labels({issuer: 'acme', challenge: 'dns-01'}))
      .to.include('order')
      .and.not.include('checked here')
  })

  it('has a place for every command, or a reason why not', async () => {
    const told = [places, onStaging, onServices, onStopped, shellOnly].flatMap(one => Object.keys(one))
    expect(told.toSorted()).to.deep.equal([...(await allCommands()).keys()].toSorted())
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

    it('has an empty word for what is left out before another', () => {
      const given = {token_name: 'a', allowed_services: ['x', 'y'], expires_in: '2d'}
      expect(commandLine(contract.portToken.create, given)).to.equal("mcpx port token create a x,y '' 2d")
    })

    it('of a service has the words of `docker run`, or calls the API where they do not say it', () => {
      const of = (more: object): string | undefined =>
        commandLine(contract.service.create, {service_name: 'a', ...more})
      const plain = {image: 'redis:8', memory_limit: '1g', environment: {A: "it's"}, read_only_root: false}
      expect(of({...plain, port_configs: [{name: 'p80', host: 80, container: 8080}]})).to.equal(
        "mcpx service create a --image redis:8 --memory 1g --env 'A=it'\\''s' --no-read-only --publish 80:8080",
      )
      expect(of({dockerfile: 'app', internal_port: 80})).to.equal(
        'mcpx service create a --dockerfile app --port 80',
      )
      expect(of({image: 'a', bind_address: '0.0.0.0'})).to.match(
        /^mcpx api POST \/services --input - <<'END'\n/,
      )
      expect(of({dockerfile: 'app', bind_address: '0.0.0.0'})).to.equal(undefined)
    })

    it('quotes for a shell', () => {
      const given = {hostname: 'a.example', description: "it's", enable_http: false, allowed_origins: ['*']}
      expect(commandLine(create, given)).to.equal(
        "mcpx proxy create a.example --description 'it'\\''s' --no-enable-http --allowed-origins '*'",
      )
    })
  })

  describe('the order of routes', () => {
    const ranked = (...priorities: number[]): Ranked[] =>
      priorities.map((priority, index) => ({route_id: 'abcdefgh'.charAt(index), priority}))
    /** Ids as they are tried after the change. */
    const after = (routes: Ranked[], from: number, to: number): string | undefined => {
      const changes = reorder(routes, from, to)
      const next = routes.map(one => changes?.find(({route_id}) => route_id === one.route_id) ?? one)
      expect(new Set(next.map(({priority}) => priority)).size).to.equal(next.length)
      return (
        changes &&
        next
          .toSorted((one, other) => other.priority - one.priority)
          .map(({route_id}) => route_id)
          .join('')
      )
    }

    it('changes the moved one alone where its neighbours leave room', () => {
      expect(reorder(ranked(70, 50, 40), 2, 1)).to.deep.equal([{route_id: 'c', priority: 60}])
      expect(after(ranked(70, 50, 40), 2, 0)).to.equal('cab')
      expect(after(ranked(70, 50, 40), 0, 2)).to.equal('bca')
    })

    it('moves others up or down where there is none', () => {
      expect(after(ranked(52, 51, 50), 2, 1)).to.equal('acb')
      expect(after(ranked(89, 88, 87), 2, 1)).to.equal('acb')
      expect(after(ranked(89, 88, 87), 2, 0)).to.equal('cab')
      expect(after(ranked(2, 1, 0), 0, 2)).to.equal('bca')
    })

    it('stays as it is at its ends', () => {
      expect(reorder(ranked(70, 50), 0, -1)).to.deep.equal([])
      expect(reorder(ranked(70, 50), 1, 2)).to.deep.equal([])
    })

    it('saves the highest first when it moves others up, so that no two are ever equal', () => {
      expect(reorder(ranked(52, 51, 50), 2, 0)?.map(({priority}) => priority)).to.deep.equal([62])
      expect(reorder(ranked(52, 51, 50), 2, 1)).to.deep.equal([
        {route_id: 'a', priority: 53},
        {route_id: 'c', priority: 52},
      ])
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
