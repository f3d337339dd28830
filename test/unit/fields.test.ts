// Flags and arguments follow from schemas.
import {expect} from 'chai'
import Type from 'typebox'
import {argsFor, documentFrom, flagsFor, removable, telling} from '../../src/cli/fields.ts'
import {model} from '../../src/core/model.ts'
import {Problem} from '../../src/core/problem.ts'

const thing = model('Thing', 'A thing for this test.', {
  key: {name: Type.String({description: 'its name'})},
  required: {kind: Type.Enum(['soft', 'hard'], {description: 'how it feels'})},
  defaulted: {
    weight: Type.Integer({minimum: 1, maximum: 9, default: 5, description: 'how heavy'}),
    is_new: Type.Boolean({default: true, description: 'whether it is new'}),
    is_old: Type.Boolean({default: false, description: 'whether it is old'}),
    tags: Type.Array(Type.Enum(['a', 'b']), {default: ['a'], description: 'what it belongs to'}),
  },
  optional: {
    extra_notes: Type.Record(Type.String(), Type.String(), {description: 'what else'}),
    short_note: Type.String({description: 'a note'}),
  },
})

describe('flags from a schema', () => {
  const flags = flagsFor(thing.create, ['name'])

  it('are called as the fields are, with dashes', () => {
    expect(Object.keys(flags)).to.deep.equal([
      'kind',
      'weight',
      'is-new',
      'is-old',
      'tags',
      'extra-notes',
      'short-note',
    ])
  })

  it('carry the description of the contract and tell the default without having one', () => {
    expect(flags['weight']).to.include({description: 'how heavy [default: 5]'})
    expect(flags['is-new']).to.include({description: 'whether it is new [default: yes]'})
    expect(flags['is-old']).to.include({description: 'whether it is old'})
    expect(flags['tags']).to.include({description: 'what it belongs to [default: a]'})
    for (const flag of Object.values(flags)) expect(flag).not.to.have.property('default')
  })

  it('know choices, limits, repetition and negation', () => {
    expect(flags['kind']).to.include({type: 'option', required: true}).and.have.property('options')
    expect(flags['weight']).to.include({min: 1, max: 9})
    expect(flags['tags']).to.include({multiple: true, multipleNonGreedy: true, delimiter: ','})
    expect(flags['tags']).to.have.deep.property('options', ['a', 'b'])
    expect(flags['is-new']).to.include({type: 'boolean', allowNo: true})
    expect(flags['is-old']).to.include({type: 'boolean', allowNo: false})
  })

  it('of an update take what may be null as the value it is, and name what can be removed', () => {
    const update = flagsFor(thing.update)
    expect(update['short-note']).to.include({type: 'option', description: 'a note', required: false})
    expect(update['is-old']).to.include({allowNo: true})
    expect(removable(thing.update)).to.deep.equal(['extra_notes', 'short_note'])
    expect(removable(thing.create)).to.deep.equal([])
  })
})

describe('arguments from schemas', () => {
  it('keep their order, and are required as the schema says', () => {
    const args = argsFor(['name', 'short_note'], [undefined, thing.create])
    expect(Object.keys(args)).to.deep.equal(['name', 'short_note'])
    expect(args['name']).to.include({required: true, description: 'its name'})
    expect(args['short_note']).to.include({required: false})
  })

  it('cannot name a field that no schema has', () => {
    expect(() => argsFor(['colour'], [thing.create])).to.throw(TypeError, 'colour')
  })
})

describe('a document from the command line', () => {
  it('has what was given and nothing else', () => {
    const given = {name: 'one', kind: 'soft', 'is-new': false, tags: ['a', 'b'], json: true}
    expect(documentFrom(thing.create, given)).to.deep.equal({
      name: 'one',
      kind: 'soft',
      is_new: false,
      tags: ['a', 'b'],
    })
  })

  it('empties a list by an empty text', () => {
    expect(documentFrom(thing.create, {tags: ['']})).to.deep.equal({tags: []})
  })

  it('makes an object of KEY=VALUE, also when the value has a =', () => {
    expect(documentFrom(thing.update, {'extra-notes': ['a=1', 'b=x=y', 'c=']})).to.deep.equal({
      extra_notes: {a: '1', b: 'x=y', c: ''},
    })
  })

  it('refuses what is not KEY=VALUE', () => {
    const parse = (): unknown => documentFrom(thing.update, {'extra-notes': ['a']})
    expect(parse).to.throw(Problem, '--extra-notes a is not KEY=VALUE').with.property('code', 'usage')
  })
})

describe('what is telling about a record', () => {
  it('is neither common to all nor the default', () => {
    const record = {
      name: 'one',
      kind: 'soft',
      weight: 5,
      is_new: false,
      tags: ['a'],
      revision: 3,
      owner: 'me',
    }
    const present = telling(thing.record, record).filter(field => field in record)
    expect(present).to.deep.equal(['name', 'kind', 'is_new'])
  })
})
