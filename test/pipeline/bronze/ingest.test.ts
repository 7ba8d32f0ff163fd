import { describe, expect, test } from 'vitest'
import { catchUp, ingestBatch } from '../../../shared/pipeline/bronze/bronzeStep.js'
import { eachOffsetOnce } from '../../harness/invariants.js'
import { BronzeFixture } from './bronzeFixture.js'

const span = (end: number, partition = 0, absent: number[] = []) => ({
  topic: 'events',
  partition,
  start: 0n,
  end: BigInt(end),
  absent: absent.map(BigInt),
})
const upTo = (end: number) => Array.from({ length: end }, (_, i) => i)

describe('ingesting deliveries', () => {
  test('a delivery is in the table once, with its progress, in one commit', async () => {
    await using f = await BronzeFixture.open()
    f.append(upTo(10))
    const before = await f.version()
    const report = await ingestBatch(f.lake, f.stream, { records: await f.fetch(upTo(10)), reread: [] }, 'kafka')
    expect(report).toMatchObject({ outcome: 'committed', rowsIn: 10, rowsOut: 10 })
    expect(await f.version()).toBe(before === -1 ? 1 : before + 1)
    expect(eachOffsetOnce(await f.lineage(), [span(10)])).toEqual([])
    expect((await f.progress()).get(0)).toMatchObject({ covered: 9n, start: 0n, generation: 0, missing: 0n, holes: 0n })
  })

  test('a catch-up reads what was never delivered', async () => {
    await using f = await BronzeFixture.open({ partitions: 2 })
    f.append(upTo(25))
    f.append(upTo(7), 1)
    const [report] = await catchUp(f.lake, 'command')
    expect(report).toMatchObject({ outcome: 'committed', rowsOut: 32 })
    expect(eachOffsetOnce(await f.lineage(), [span(25), span(7, 1)])).toEqual([])
  })
})
