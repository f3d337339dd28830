// Models: what may be given, what is assigned, and what an update can do.
import {expect} from 'chai'
import Type from 'typebox'
import {contract} from '../../src/core/contract/index.ts'
import {model} from '../../src/core/model.ts'
import {fieldProblem, Problem, problems} from '../../src/core/problem.ts'
import {makeSecret, Seal, secretHash} from '../../src/core/store/seal.ts'

const cup = model('Cup', 'Holds a drink.', {
  key: {name: Type.String()},
  required: {size: Type.Integer()},
  defaulted: {colour: Type.String({default: 'white'})},
  optional: {note: Type.String()},
  assigned: {full: Type.Boolean()},
})

describe('a model', () => {
  it('asks at creation for its key and what is required, and takes nothing assigned', () => {
    expect(cup.create.required).to.have.members(['name', 'size'])
    expect(Object.keys(cup.create.properties)).to.have.members(['name', 'size', 'colour', 'note'])
  })

  it('has a record with everything, with owner, times and revision', () => {
    expect(cup.record.required).to.have.members([
      'name',
      'size',
      'colour',
      'full',
      'owner',
      'created_at',
      'updated_at',
      'revision',
    ])
  })

  it('has an update without defaults, without its key, where null removes what is optional', () => {
    expect(cup.update.required ?? []).to.deep.equal([])
    expect(Object.keys(cup.update.properties)).to.have.members(['size', 'colour', 'note'])
    expect(JSON.stringify(cup.update)).to.not.contain('default')
    expect(cup.update.properties.note.anyOf[1]).to.include({type: 'null'})
  })

  it('describes every field of every noun in words a person understands', () => {
    for (const [noun, group] of Object.entries(contract)) {
      for (const operation of Object.values(group) as {id: string; body?: {properties?: object}}[]) {
        for (const [field, schema] of Object.entries(operation.body?.properties ?? {})) {
          const {description, anyOf} = schema as {description?: string; anyOf?: {description?: string}[]}
          expect(description ?? anyOf?.[0]?.description, `${noun} ${operation.id} ${field}`).to.be.a('string')
        }
      }
    }
  })
})

describe('problems', () => {
  it('have a status, a title and something to do', () => {
    for (const [code, {status, title, hint}] of Object.entries(problems)) {
      expect(code).to.match(/^[a-z]+(-[a-z]+)*$/)
      expect(status).to.be.within(303, 599)
      expect(title, code).to.match(/^\S.*[^.]$/)
      expect(hint, code).to.not.equal('')
    }
  })

  it('are RFC 9457 documents with code, hint, errors and request id', () => {
    expect(
      fieldProblem('target-loops', 'target_url', 'is mcpx itself', 'point elsewhere').document('42'),
    ).to.deep.equal({
      type: 'urn:mcpx:problem:target-loops',
      title: problems['target-loops'].title,
      status: 422,
      detail: 'target_url: is mcpx itself',
      code: 'target-loops',
      hint: 'point elsewhere',
      errors: [{field: 'target_url', reason: 'is mcpx itself', remedy: 'point elsewhere'}],
      request_id: '42',
    })
  })

  it('keep their cause out of the document', () => {
    const problem = new Problem('internal', 'It failed', {cause: new Error('password hush')})
    expect(JSON.stringify(problem.document())).to.not.contain('hush')
  })
})

describe('sealing', () => {
  const seal = new Seal(Buffer.alloc(32, 1))

  it('opens what it sealed, in its place only, unaltered only, with its key only', () => {
    const sealed = seal.seal('proxy/a/headers', 'secret text')
    expect(sealed).to.not.contain('secret')
    expect(seal.open('proxy/a/headers', sealed)).to.equal('secret text')
    expect(() => seal.open('proxy/b/headers', sealed)).to.throw('sealed with another key')
    const altered = `${sealed.slice(0, -2)}${sealed.endsWith('AA') ? 'BB' : 'AA'}`
    expect(() => seal.open('proxy/a/headers', altered)).to.throw('sealed with another key')
    expect(() => new Seal(Buffer.alloc(32, 2)).open('proxy/a/headers', sealed)).to.throw('MCPX_SECRET_KEY')
  })

  it('never seals the same text to the same value', () => {
    expect(seal.seal('p', 'x')).to.not.equal(seal.seal('p', 'x'))
  })

  it('makes secrets of 32 random bytes and keeps their hash', () => {
    expect(makeSecret('acm_')).to.match(/^acm_[\w-]{43}$/)
    expect(secretHash('a')).to.equal(secretHash('a')).and.not.equal(secretHash('b'))
  })
})
