// What the log says of errors.
import {PassThrough} from 'node:stream'
import {expect} from 'chai'
import {openLog} from '../../src/core/log.ts'
import {Problem} from '../../src/core/problem.ts'

function logged(error: Error): Record<string, unknown> {
  const to = new PassThrough()
  openLog('info', 'test', to).warn({err: error}, 'said')
  return JSON.parse(String(to.read()))['err']
}

describe('the log', () => {
  it('tells of a problem what happened and what to do, without where in the code', () => {
    const problem = new Problem('engine-unavailable', 'No container engine', {cause: new Error('ENOENT')})
    expect(logged(problem)).to.deep.equal({
      code: 'engine-unavailable',
      message: 'No container engine',
      hint: problem.hint,
      cause: 'ENOENT',
    })
  })

  it('tells of our own mistakes where they were made', () => {
    expect(logged(new TypeError('x is not a function'))['stack']).to.contain('log.test.ts')
    expect(logged(new Problem('internal', 'wrong'))['stack']).to.contain('log.test.ts')
  })
})
