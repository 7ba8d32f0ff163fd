import { describe, expect, test } from 'vitest'

import { deleteRows } from '../../../shared/delta/dml/index.js'
import { runGold } from '../../../shared/pipeline/gold/goldStep.js'
import { rebuildSilver, refineSilver } from '../../../shared/pipeline/silver/silverStep.js'
import { openExpressions } from '../../../shared/query/spark/index.js'
import { type BronzeFixture, day0, range } from '../bronze/bronzeFixture.js'
import { ingest, look, open, tamper } from './monitorFixture.js'

describe('the monitor, of rows that were deleted on purpose', () => {
  const remove = async (f: BronzeFixture, path: string, where: string) => {
    await using expressions = openExpressions()
    expect(await deleteRows(f.lake.table(path), { where, expressions, clock: f.clock })).toMatchObject({
      kind: 'committed',
    })
  }

  test('of bronze: they are a term of the identity, and silver recreated of what is left', async () => {
    await using f = await open()
    f.source.append('events', [{ key: null, value: Buffer.from('{'), partition: 0, timestamp: day0 }])
    await ingest(f, range(1, 20))
    await look(f)
    await f.deliver([0])
    await remove(f, 'bronze/events', '_offset < 5')
    await refineSilver(f.lake, f.stream)
    const { bronze, silver } = await look(f)
    expect(bronze).toMatchObject({ identity_closed: true, deleted: 5n, rows_total: 15n, covered_span: 20n })
    expect(bronze?.['identity']).toContain('covered 20 = rows 15 + missing 0 + holes 0 + deleted 5')
    expect(silver).toMatchObject({ identity_closed: true, status: 'OK', rows_total: 15n, deleted: 0n })
    await ingest(f, range(20, 30))
    expect((await look(f))['bronze']).toMatchObject({ identity_closed: true, deleted: 5n, status: 'OK' })
  })

  test('of bronze that silver has not heard of yet: the two are not compared', async () => {
    await using f = await open()
    for (const n of [0, 1, 2]) await ingest(f, range(n * 5, n * 5 + 5))
    await look(f)
    await remove(f, 'bronze/events', '_offset < 5')
    const before = (await look(f))['silver']
    expect(before).toMatchObject({ identity_closed: true, valid: 15n, rows_total: 15n })
    await refineSilver(f.lake, f.stream)
    expect((await look(f))['silver']).toMatchObject({ identity_closed: true, valid: 10n, rows_total: 10n })
  })

  test('of silver and gold: likewise, until a rebuild brings them back', async () => {
    await using f = await open()
    await ingest(f, range(0, 20))
    await runGold(f.lake, 'command')
    await look(f)
    await remove(f, 'gold/events_scored', '_offset >= 15')
    expect((await look(f))['gold']).toMatchObject({
      identity_closed: true,
      status: 'OK',
      deleted: 5n,
      identity: 'silver 20 = scored 15 + deleted 5',
    })
    await remove(f, 'silver/events', '_offset < 5')
    const { silver } = await look(f)
    expect(silver).toMatchObject({ identity_closed: true, status: 'OK', deleted: 5n, rows_total: 15n })
    expect((await rebuildSilver(f.lake, f.stream)).outcome).toBe('committed')
    expect((await look(f))['silver']).toMatchObject({ identity_closed: true, deleted: 0n, rows_total: 20n })
  })

  test('of silver and brought back by a rebuild before anybody looked: none is deleted any more', async () => {
    await using f = await open()
    await ingest(f, range(0, 20))
    await look(f)
    await remove(f, 'silver/events', '_offset < 5')
    expect((await rebuildSilver(f.lake, f.stream)).outcome).toBe('committed')
    expect((await look(f))['silver']).toMatchObject({
      identity_closed: true,
      status: 'OK',
      deleted: 0n,
      rows_total: 20n,
    })
  })

  test('rows that went without anybody asking are none of them', async () => {
    await using f = await open()
    f.append(range(0, 20))
    await f.deliver(range(0, 10))
    await f.deliver(range(10, 20))
    await look(f)
    await remove(f, 'bronze/events', '_offset < 5')
    await tamper(f, 'lose')
    expect((await look(f))['bronze']).toMatchObject({ identity_closed: false, status: 'DEGRADED' })
  })
})
