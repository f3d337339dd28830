// The configuration: one schema, every error at once, made files that follow it.
import {expect} from 'chai'
import {ConfigError, configurationTable, envExample, readConfig, settings} from '../../src/core/config.ts'

describe('the configuration', () => {
  it('has defaults for everything', () => {
    expect(readConfig({})).to.include({
      PROXY_REQUEST_TIMEOUT: 120,
      PROXY_CONNECT_TIMEOUT: 30,
      LOG_LEVEL: 'info',
    })
    expect(readConfig({}).HTTP_PORT).to.equal(undefined)
  })

  it('counts an empty variable as unset', () => {
    expect(readConfig({HTTP_PORT: '', BASE_DOMAIN: '  '})).to.deep.equal(readConfig({}))
  })

  it('reads numbers, lists and names', () => {
    const config = readConfig({
      HTTP_PORT: '0',
      TRUSTED_PROXIES: '10.0.0.0/8, ::1',
      BASE_DOMAIN: 'Example.COM.',
      WORKERS: '0',
    })
    expect(config).to.deep.include({
      HTTP_PORT: 0,
      TRUSTED_PROXIES: ['10.0.0.0/8', '::1'],
      BASE_DOMAIN: 'example.com',
      WORKERS: 0,
    })
  })

  it('tells every error at once, by variable, and never a value that is secret', () => {
    const wrong = {
      HTTP_PORT: 'eighty',
      BASE_DOMAIN: 'https://x',
      TRUSTED_PROXIES: 'nobody',
      ADMIN_TOKEN: 'short-secret',
      MCPX_SECRET_KEY: 'c2hvcnQ=',
      REDIS_URL: 'http://user:hush@h',
      LOG_LEVEL: 'loud',
    }
    expect(() => readConfig(wrong)).to.throw(ConfigError)
    try {
      readConfig(wrong)
    } catch (error) {
      const {errors, message} = error as ConfigError
      expect(errors.map(({variable}) => variable)).to.have.members(Object.keys(wrong))
      for (const secret of ['short-secret', 'c2hvcnQ=', 'hush']) expect(message).to.not.contain(secret)
    }
  })

  it('makes nobody admin of the web UI by a wildcard', () => {
    expect(readConfig({CONSOLE_ADMINS: 'github:octo, oidc:jane@example.com'}).CONSOLE_ADMINS).to.deep.equal([
      'github:octo',
      'oidc:jane@example.com',
    ])
    for (const CONSOLE_ADMINS of ['*', 'github:*', 'octo', 'oidc:'])
      expect(() => readConfig({CONSOLE_ADMINS}), CONSOLE_ADMINS).to.throw(/CONSOLE_ADMINS/)
  })

  it('comments out every line of .env.example, so that copying it changes nothing', () => {
    const lines = envExample().split('\n').filter(Boolean)
    for (const line of lines) expect(line).to.match(/^#/)
    for (const variable of Object.keys(settings))
      expect(
        lines.some(line => line.startsWith(`#${variable}=`)),
        variable,
      ).to.equal(true)
  })

  it('documents every variable in one table', () => {
    for (const variable of Object.keys(settings))
      expect(configurationTable()).to.contain(`| \`${variable}\` |`)
  })
})
