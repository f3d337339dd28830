// What `service update` sends for what is taken back, and what it tells of what went away.
import {expect} from 'chai'
import {changeFlags, lossesOf, unsetFields, withVariables} from '../../src/cli/service-changes.ts'
import type {Service} from '../../src/core/contract/service.ts'
import {Problem} from '../../src/core/problem.ts'

const tools = {
  environment: {SECRET: 'of-yesterday', PEM: '-----BEGIN', KEEP: 'a'},
  port_configs: [
    {name: 'p8080', host: 8080},
    {name: 'p53-udp', host: 53},
  ],
  volumes: ['data:/data'],
} as unknown as Service

describe('a change of a service', () => {
  it('takes back every field that may be absent, and sets the others to their default', () => {
    const everything = changeFlags.unset.options ?? []
    expect(unsetFields(everything, {})).to.deep.equal({
      build_args: null,
      internal_port: null,
      port_configs: [],
      environment: null,
      volumes: null,
      networks: null,
      labels: null,
      memory_limit: '512m',
      cpu_limit: 1,
      restart_policy: 'unless-stopped',
      healthcheck: null,
      read_only_root: true,
      user: null,
      capabilities: null,
    })
  })

  it('cannot set and take back the same', () => {
    expect(() => unsetFields(['port', 'user'], {user: 'app'})).to.throw(Problem, '--unset user')
  })

  it('names what a list lost, never its values', () => {
    const after = {
      ...tools,
      environment: {KEEP: 'b'},
      port_configs: tools.port_configs.slice(1),
      volumes: undefined,
    }
    expect(lossesOf(tools, after as unknown as Service)).to.deep.equal([
      'publish no longer: p8080',
      'env no longer: SECRET, PEM',
      'volume no longer: data:/data',
    ])
    expect(lossesOf(tools, {...tools, environment: {...tools.environment, KEEP: 'b'}})).to.deep.equal([])
  })

  it('can add variables to those there are', () => {
    const {environment} = withVariables(tools, ['NEW=1', 'KEEP=b'])
    expect(environment).to.deep.equal({...tools.environment, NEW: '1', KEEP: 'b'})
    expect(withVariables({} as Service, ['NEW=1'])).to.deep.equal({environment: {NEW: '1'}})
  })
})
