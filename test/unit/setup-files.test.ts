// The files `mcpx init` writes, as those read them that they are for.
import {readFileSync} from 'node:fs'
import {parseEnv} from 'node:util'
import {expect} from 'chai'
import {parse} from 'yaml'
import {changedIn, composeFile, envWith, madeFor, onlyAdds, systemdUnit} from '../../src/cli/setup-files.ts'
import {readConfig} from '../../src/core/config.ts'

describe('the files of mcpx init', () => {
  it('hold mcpx in containers as the project itself does', () => {
    const ours = parse(readFileSync(new URL('../../docker-compose.yml', import.meta.url), 'utf8'))
    const written = parse(composeFile({}))
    const {build, env_file, environment, ...mcpx} = written.services.mcpx
    const {build: _, image: __, environment: ___, ...expected} = ours.services.mcpx
    expect(mcpx).to.deep.equal(expected)
    expect(build).to.equal('./image')
    expect([env_file, environment]).to.deep.equal([
      '.env',
      {MCPX_DATA_DIR: '/data', REDIS_URL: ours.services.mcpx.environment.REDIS_URL},
    ])
    const {environment: password, ...redis} = written.services.redis
    const {environment: _____, ...expectedRedis} = ours.services.redis
    expect(redis).to.deep.equal(expectedRedis)
    expect(password.REDIS_PASSWORD).to.match(/^\$\{REDIS_PASSWORD:\?/)
    expect(written.volumes).to.deep.equal(ours.volumes)
  })

  it('bring no Redis where there is one', () => {
    const {services, volumes} = parse(composeFile({REDIS_URL: 'rediss://db.example:6380'}))
    expect(Object.keys(services)).to.deep.equal(['mcpx'])
    expect(Object.keys(volumes)).to.deep.equal(['data'])
    expect(services.mcpx.environment).not.to.have.property('REDIS_URL')
    expect(madeFor('compose', {REDIS_URL: 'rediss://db.example:6380'})).to.deep.equal({})
  })

  it('make a password for that Redis once, which serve takes from .env', () => {
    const made = madeFor('compose', {})
    expect(made.REDIS_PASSWORD).to.match(/^[0-9a-f]{64}$/)
    expect(madeFor('compose', made)).to.deep.equal({})
    const file = parseEnv(envWith({BASE_DOMAIN: 'example.com', HTTP_PORT: '8080', ...made}, '# mine\n'))
    expect(readConfig(file)).to.include({BASE_DOMAIN: 'example.com', HTTP_PORT: 8080, ...made})
  })

  it('leave every line of .env in its place', () => {
    const before = '# mine\nHTTP_PORT=80\n\nLOG_LEVEL=debug\nexport BASE_DOMAIN=old.example\n'
    const after = envWith({BASE_DOMAIN: 'example.com', HTTP_PORT: '8080', ADMIN_EMAIL: 'a@b.c'}, before)
    expect(after).to.equal(
      '# mine\nHTTP_PORT=8080\n\nLOG_LEVEL=debug\nBASE_DOMAIN=example.com\nADMIN_EMAIL=a@b.c\n',
    )
    expect(envWith({BASE_DOMAIN: 'example.com'}, after)).to.equal(after)
    expect(envWith({}, '')).to.equal('\n')
  })

  it('keep a line of .env that says the same in other words', () => {
    const before = 'HTTP_PORT="80"\nOAUTH_ALLOWED_GITHUB_USERS=me   # and nobody else\n'
    const after = envWith({HTTP_PORT: '80', OAUTH_ALLOWED_GITHUB_USERS: 'me', ADMIN_EMAIL: 'a@b.c'}, before)
    expect(after).to.equal(`${before}ADMIN_EMAIL=a@b.c\n`)
  })

  it('are added to, or changed: which of both, and what', () => {
    const before = '\n# mine\nHTTP_PORT=80\nLOG_LEVEL=debug'
    const added = envWith({HTTP_PORT: '80', ADMIN_EMAIL: 'a@b.c'}, before)
    expect([onlyAdds(before, added), changedIn(before, added)]).to.deep.equal([true, []])
    expect(onlyAdds('', added)).to.equal(true)
    const changed = envWith({HTTP_PORT: '8080'}, before)
    expect([onlyAdds(before, changed), changedIn(before, changed)]).to.deep.equal([false, ['HTTP_PORT']])
    expect(onlyAdds('HTTP_PORT=80', 'HTTP_PORT=8080\n')).to.equal(false)
  })

  it('name folders and programs as systemd reads them', () => {
    const unit = systemdUnit('/srv/100% mcpx', ['/opt/my node', '/srv/$HOME/run.js', 'serve'], 'mcpx')
    expect(unit).to.contain('\nWorkingDirectory=/srv/100%% mcpx\n')
    expect(unit).to.contain('\nExecStart="/opt/my node" /srv/$$HOME/run.js serve\n')
  })
})
