import { describe, expect, test } from 'vitest'

import { commitPath } from '../../../shared/delta/index.js'
import { runGold } from '../../../shared/pipeline/gold/goldStep.js'
import { runMonitor } from '../../../shared/pipeline/monitor/monitorStep.js'
import { type BronzeFixture, range } from '../bronze/bronzeFixture.js'
import { ingest, look, open, settings } from './monitorFixture.js'

describe('the monitor, of tables one of which is damaged', () => {
  const damage = {
    'a torn commit': (f: BronzeFixture, path: string, version: number) =>
      f.store.put(`${path}/${commitPath(version)}`, Buffer.from('{"add":')),
    'a commit that is gone': (f: BronzeFixture, path: string) => f.store.delete(`${path}/${commitPath(0)}`),
    'no protocol': (f: BronzeFixture, path: string) =>
      f.store.put(`${path}/${commitPath(0)}`, Buffer.from('{"commitInfo":{}}')),
    'data files that are gone': async (f: BronzeFixture, path: string) => {
      for await (const object of f.store.list(`${path}/`))
        if (object.path.endsWith('.parquet')) await f.store.delete(object.path)
    },
  }

  describe.each(['bronze/events', 'silver/events', 'gold/events_scored'])('%s', path => {
    test.each(Object.entries(damage))('(%s) says so of that one and looks at the others', async (_, hurt) => {
      await using f = await open()
      await ingest(f, range(0, 10))
      await runGold(f.lake, 'command')
      const version = (await f.lake.table(path).state())?.version ?? -1
      await hurt(f, path, version)
      await using other = await f.another({ settings })
      const rows = await look(other)
      const layer = path.split('/')[0] ?? ''
      expect(rows[layer]).toMatchObject({ status: 'DEGRADED' })
      expect(rows[layer]?.['reason']).toMatch(/^The table cannot be read: /)
      for (const [name, row] of Object.entries(rows))
        if (name !== layer) expect(row, name).toMatchObject({ status: 'OK' })
      expect(rows['bronze']?.['reason']).not.toContain('Kafka cannot be asked')
      // Its own run is told all the same, and so are those of the tables that are whole.
      expect((await f.read('cluster_logs')).length).toBeGreaterThan(0)
    })
  })

  test('cluster_logs: the others are looked at, and a row says what is wrong', async () => {
    await using f = await open()
    await ingest(f, range(0, 10))
    await look(f)
    await f.store.put(`cluster_logs/${commitPath(0)}`, Buffer.from('nonsense'))
    await using other = await f.another({ settings })
    f.clock.advance(1_000)
    expect(await runMonitor(other.lake, 'timer')).toMatchObject([{ outcome: 'committed', rowsOut: 5 }])
    const rows = (await f.read('monitor_logs')).filter(row => row['table_name'] === 'cluster_logs')
    expect(rows).toMatchObject([{ status: 'DEGRADED', layer: null }])
  })
})
