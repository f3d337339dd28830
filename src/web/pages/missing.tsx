// An address that leads nowhere.
import {Empty, Heading} from '../parts/bits.tsx'
import {title} from '../parts/title.ts'

export function Missing() {
  title('Not found')
  return (
    <>
      <Heading title="Not found" />
      <Empty title="There is nothing here">
        <p>
          The address is wrong, or your token may not see it. <a href="/">Back to the dashboard</a>
        </p>
      </Empty>
    </>
  )
}
