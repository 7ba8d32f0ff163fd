import { expect } from 'vitest'

import { openLake } from '../../shared/pipeline/lake/index.js'
import { readSettings } from '../../shared/settings/index.js'
import { eachKeyOnce, eachOffsetOnce } from '../harness/invariants.js'
import { seedNote } from '../random.js'
import { startLake } from './lakeProcess.js'
import { tableRows } from './tableRows.js'

/** Has processes do what is left, with nothing in their way; then every offset and key is there once, and the counts close. */
export async function expectWhole(
  environment: Readonly<Record<string, string>>,
  keys: ReadonlySet<string>,
): Promise<void> {
  const writers = await Promise.all([1, 2, 3, 4].map(() => startLake(environment, 'run', 'bronze').ended))
  for (const { code, stderr } of writers) expect([code, stderr], seedNote).toEqual([0, expect.anything()])
  for (const step of ['bronze', 'silver', 'monitor']) {
    const { code, stderr } = await startLake(environment, 'run', step).ended
    expect([step, code, code === 0 ? '' : stderr], seedNote).toEqual([step, 0, ''])
  }
  const lake = await openLake(readSettings(environment))
  try {
    const ends = await lake.source.offsets('events')
    const spans = ends.map(({ partition, start, end }) => ({ topic: 'events', partition, start, end }))
    const bronze = await tableRows(lake, 'bronze/events', ['_partition', '_offset'])
    const lineage = bronze.map(row => ({
      topic: 'events',
      generation: 0,
      partition: row['_partition'] as number,
      offset: row['_offset'] as bigint,
    }))
    expect(eachOffsetOnce(lineage, spans), seedNote).toEqual([])
    const silver = (await tableRows(lake, 'silver/events', ['event_id'])).map(row => row['event_id'] as string)
    expect(eachKeyOnce(silver, keys), seedNote).toEqual([])
    const looks = await tableRows(lake, 'monitor_logs', ['layer', 'identity_closed', 'identity'])
    for (const row of looks)
      if (['bronze', 'silver'].includes(row['layer'] as string))
        expect(row, seedNote).toMatchObject({ identity_closed: true })
    expect(looks.length, seedNote).toBeGreaterThan(0)
  } finally {
    await lake.close()
  }
}
