// The list of one kind of record.
import {all, can} from '../data/client.ts'
import {useLive} from '../data/live.ts'
import {keyOf, type Noun} from '../data/nouns.tsx'
import {Empty, Heading, Problem, Prose} from '../parts/bits.tsx'
import {Table} from '../parts/table.tsx'
import {title} from '../parts/title.ts'
import {linkTo} from '../router.ts'

export function Records({noun}: {noun: Noun}) {
  title(noun.title)
  const list = can(`${noun.prefix}.list`)
  const {data, problem} = useLive(async () => (list ? all(list) : []), [noun.noun], [noun.noun])
  return (
    <>
      <Heading title={noun.title} lead={noun.lead}>
        <NewButton noun={noun} />
      </Heading>
      {problem && <Problem problem={problem} />}
      {data?.length === 0 && <NoneYet noun={noun} />}
      {data && data.length > 0 && (
        <Table
          label={noun.title}
          rows={data}
          columns={noun.columns}
          keyOf={record => keyOf(noun, record)}
          href={record => linkTo(noun.path, keyOf(noun, record))}
        />
      )}
    </>
  )
}

export const NewButton = ({noun}: {noun: Noun}) =>
  can(noun.create) ? (
    <a class="button primary" href={linkTo(noun.path, 'new')}>
      {noun.createLabel}
    </a>
  ) : null

export const NoneYet = ({noun}: {noun: Noun}) => (
  <Empty title={`No ${noun.title.charAt(0).toLowerCase()}${noun.title.slice(1)} yet`}>
    <p>
      <Prose text={noun.empty} />
    </p>
    <NewButton noun={noun} />
  </Empty>
)
