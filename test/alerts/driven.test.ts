import { expect, test } from 'vitest'

import { ingestBatch, planReset, resetOffsets, runMaintenance } from '../../shared/pipeline/index.js'
import { runMonitor } from '../../shared/pipeline/monitor/index.js'
import { pauseStream, resumeStream } from '../../shared/pipeline/pause/index.js'
import { purgeQuarantine } from '../../shared/pipeline/quarantine/index.js'
import { rebuildSilver } from '../../shared/pipeline/silver/index.js'
import type { SourceRecord } from '../../shared/sources/index.js'
import { DrivenLake, expectOnly, namesOf } from './drivenLake.js'

/** From now on no data file of that table can be written. */
function refuse({ faults }: DrivenLake, table: string): void {
  const path = (name: string) => name.startsWith(table) && name.endsWith('.parquet')
  faults.add({ on: ['put', 'putIfAbsent', 'create'], path, fault: { kind: 'fail', retryable: true }, times: Infinity })
}

test('a lake that is well has no alert', async () => {
  await using d = await DrivenLake.open()
  for (let n = 0; n < 3; n++) expect(await d.turn()).toEqual([])
})

test('late and stale: a producer that stops is seen in each layer of its stream, and in no other', async () => {
  await using d = await DrivenLake.open({
    ALERT_LATE_SECONDS: '120',
    ALERT_STALE_SECONDS: '1e6, events=240',
    FRESHNESS_LATE: '2 minutes',
  })
  await d.turn()
  for (let n = 0; n < 2; n++) expect(namesOf(await d.turn({ events: 0 }))).toEqual([])
  const late = await d.turn({ events: 0 })
  expect(namesOf(late)).toEqual(['late'])
  expect(late.map(one => one.table)).toEqual(['bronze.events', 'silver.events'])
  expectOnly(
    late,
    'late',
    'events',
    /is older than 2 min\. The newest event is 3 min old, and none is waiting in Kafka: the source is silent/,
    d.clock.now(),
  )
  await d.turn({ events: 0 })
  const stale = await d.turn({ events: 0 })
  expectOnly(stale, 'stale', 'events', /is older than 4 min\. The newest event is 5 min old/, d.clock.now())
  expect(namesOf(await d.turn())).toEqual([])
})

test('silence: nothing comes for half an hour, and before that nothing is said', async () => {
  await using d = await DrivenLake.open({ ALERT_LATE_SECONDS: '1e6', ALERT_STALE_SECONDS: '1e6' })
  await d.turn()
  let firing = await d.turn({ events: 0 })
  for (let n = 0; n < 9 && firing.length === 0; n++) firing = await d.turn({ events: 0, minutes: 4 })
  expect(namesOf(firing)).toEqual(['silence'])
  expectOnly(
    firing,
    'silence',
    'events',
    /^bronze\.events: 0 records came within 30 min, fewer than 1\.$/,
    d.clock.now(),
  )
  expect(await d.turn()).toEqual([])
})

test('lag and slow-drain: bronze of one stream stands still while its topic grows', async () => {
  await using d = await DrivenLake.open({ ALERT_LAG: '10', ALERT_DRAIN_SECONDS: '600' })
  await d.turn()
  const firing = await d.turn({ events: 20, ingest: ['orders'] })
  expectOnly(firing, 'lag', 'events', /^bronze\.events: 20 offsets wait in Kafka, more than 10\.$/, d.clock.now())
  expectOnly(firing, 'slow-drain', 'events', /takes 24 h to drain, more than 10 min/, d.clock.now())
  expect(await d.turn()).toEqual([])
})

test('offsets-missing: Kafka deletes what was not read', async () => {
  await using d = await DrivenLake.open()
  await d.turn()
  await d.turn({ events: 10, ingest: ['orders'] })
  for (const partition of [0, 1]) {
    const end = (await d.source.offsets('events')).find(one => one.partition === partition)?.end ?? 0n
    d.source.deleteRecords('events', partition, end - 1n)
  }
  const firing = await d.turn()
  expectOnly(firing, 'offsets-missing', 'events', /8 offsets were deleted in Kafka within an hour/, d.clock.now())
  await d.turn({ minutes: 30 })
  expect(namesOf(await d.turn({ minutes: 31 }))).toEqual([])
})

test('partition-stopped: a topic is deleted and created again', async () => {
  await using d = await DrivenLake.open()
  await d.turn({ events: 10 })
  d.source.recreateTopic('events')
  const firing = await d.turn()
  expectOnly(
    firing,
    'partition-stopped',
    'events',
    /2 partitions are stopped\. .*lake reset-offsets events/,
    d.clock.now(),
  )
  expect(namesOf(firing)).not.toContain('unreadable')
  const stream = d.stream('events')
  await resetOffsets(d.lake, stream, await planReset(d.lake, stream))
  expect(namesOf(await d.turn())).not.toContain('partition-stopped')
})

test('counts-differ: a commit of silver loses its data file, and a rebuild mends it', async () => {
  await using d = await DrivenLake.open()
  await d.turn()
  const firing = await d.turn({
    meanwhile: async () => {
      const commit = 'silver/events/_delta_log/00000000000000000002.json'
      const lines = Buffer.from((await d.store.get(commit)) ?? [])
        .toString()
        .split('\n')
      expect(lines.filter(line => line.startsWith('{"add":')).length).toBeGreaterThan(0)
      await d.store.put(commit, Buffer.from(lines.filter(line => !line.startsWith('{"add":')).join('\n')))
      await d.restart()
    },
  })
  expectOnly(
    firing,
    'counts-differ',
    'events',
    /^silver\.events: the counts do not reconcile: 6 rows inserted, 3 in the table/,
    d.clock.now(),
  )
  await rebuildSilver(d.lake, d.stream('events'))
  expect(namesOf(await d.turn())).toEqual([])
})

test('unreadable: the log of one table is damaged', async () => {
  await using d = await DrivenLake.open()
  await d.turn()
  await d.turn()
  const log = 'silver/events/_delta_log/00000000000000000001.json'
  const good = (await d.store.get(log)) ?? new Uint8Array()
  await d.store.put(log, Buffer.from('{"add": '))
  await d.restart()
  const firing = await d.turn()
  expectOnly(firing, 'unreadable', 'events', /^silver\.events is DEGRADED: The table cannot be read: /, d.clock.now())
  await d.store.put(log, good)
  await d.restart()
  expect(namesOf(await d.turn())).not.toContain('unreadable')
})

test('quarantine-rate and quarantine-age: a producer that is broken', async () => {
  await using d = await DrivenLake.open({
    ALERT_QUARANTINE_RATE: '0.2',
    ALERT_QUARANTINE_AGE_SECONDS: '90, orders=1e6',
  })
  await d.turn({ events: 5, orders: 5 })
  d.produce('events', 4, 4)
  d.produce('orders', 1, 1)
  const firing = await d.turn({ events: 5, orders: 5 })
  expectOnly(firing, 'quarantine-rate', 'events', /^bronze\.events: 28\.57 % of the records of 15 min/, d.clock.now())
  await d.turn({ events: 20 })
  const aged = await d.turn({ events: 20 })
  expectOnly(aged, 'quarantine-age', 'events', /waits for 2 min, more than 90 s/, d.clock.now())
  expect(namesOf(aged)).not.toContain('quarantine-rate')
  await purgeQuarantine(d.lake, d.stream('events'), {}, { by: 'me', why: 'sent again by the producer' })
  expect(namesOf(await d.turn())).toEqual([])
})

test('failures: storage refuses what silver of one stream writes', async () => {
  await using d = await DrivenLake.open()
  await d.turn()
  refuse(d, 'silver/events/')
  let firing = await d.turn()
  for (let n = 0; n < 3; n++) firing = await d.turn()
  expectOnly(
    firing,
    'failures',
    'events',
    /^silver of events: \d runs failed within 15 min, more than 2\./,
    d.clock.now(),
  )
  d.faults.clear()
  await d.turn({ minutes: 14 })
  expect(namesOf(await d.turn())).not.toContain('failures')
})

test('retries: storage refuses what a delivery brings, and the trigger delivers again', async () => {
  await using d = await DrivenLake.open({ ALERT_RETRIES: '3' })
  await d.turn()
  d.produce('events', 2)
  const stream = d.stream('events')
  const records: SourceRecord[] = []
  for (const { partition, start, end } of await d.source.offsets('events'))
    for await (const batch of d.source.read('events', { partition, start, end })) records.push(...batch.records)
  refuse(d, 'bronze/events/')
  for (let n = 0; n < 4; n++)
    await expect(ingestBatch(d.lake, stream, { records, reread: [] }, 'kafka')).rejects.toThrow()
  d.faults.clear()
  const firing = await d.turn()
  expectOnly(firing, 'retries', 'events', /^bronze of events: a delivery was repeated 4 times/, d.clock.now())
  await d.turn({ minutes: 15 })
  expect(namesOf(await d.turn())).not.toContain('retries')
})

test('log-growth and compaction-behind: maintenance does not run', async () => {
  await using d = await DrivenLake.open({
    ALERT_VERSIONS_SINCE_CHECKPOINT: '1e6, events=6',
    ALERT_SMALL_FILES: '1e6, events=4',
    CHECKPOINT_INTERVAL: '1',
    COMPACTION_MIN_FILES: '2',
  })
  expect(await d.turn()).toEqual([])
  let firing = await d.turn()
  for (let n = 0; n < 9 && firing.length < 2; n++) firing = await d.turn()
  expectOnly(firing, 'log-growth', 'events', /\d versions since the last checkpoint, more than 6\./, d.clock.now())
  expectOnly(firing, 'compaction-behind', 'events', /files are smaller than 16 MiB, more than 4\./, d.clock.now())
  await runMaintenance(d.lake, 'timer')
  expect(namesOf(await d.turn())).toEqual([])
})

test('cost: one stream writes far more than the other', async () => {
  await using d = await DrivenLake.open({ COST_PER_10K_WRITES: '10000', ALERT_COST_PER_HOUR: '1e6, events=20' })
  await d.turn({ events: 0, orders: 0 })
  let firing = await d.turn()
  for (let n = 0; n < 9 && firing.length === 0; n++) firing = await d.turn()
  expectOnly(
    firing,
    'cost',
    'events',
    /^events: its runs cost \d+(\.\d+)? USD within an hour, more than 20 USD\.$/,
    d.clock.now(),
  )
  await d.turn({ events: 0, minutes: 59 })
  expect(namesOf(await d.turn({ events: 0, minutes: 2 }))).not.toContain('cost')
})

test('monitor-silent: its timer stalls, and no other alert is said to have ended well', async () => {
  await using d = await DrivenLake.open()
  expect(namesOf(await d.firing())).toEqual(['monitor-silent'])
  await d.turn()
  d.clock.advance(5 * 60_000)
  expect(await d.firing()).toEqual([])
  d.clock.advance(60_000)
  const [silent] = await d.firing()
  expect(silent).toMatchObject({ alert: 'monitor-silent', stream: undefined, table: undefined, value: 360 })
  expect(silent?.sentence).toBe('The monitor has not run for 6 min: no other alert can be relied on.')
  await runMonitor(d.lake, 'timer')
  expect(namesOf(await d.firing())).not.toContain('monitor-silent')
})

test('a paused stream: nothing that its pause makes old or keeps waiting fires, and the other stream is watched on', async () => {
  await using d = await DrivenLake.open({
    ALERT_LATE_SECONDS: '120',
    ALERT_STALE_SECONDS: '240',
    ALERT_LAG: '10',
    ALERT_DRAIN_SECONDS: '60',
  })
  await d.turn()
  await pauseStream(d.store, d.stream('events'), { by: 'ada', why: undefined })
  for (let n = 0; n < 10; n++) expect(await d.turn({ events: 20, minutes: 4 })).toEqual([])
  const others = await d.turn({ orders: 0, minutes: 4 })
  expect(namesOf(others)).toEqual(['late'])
  expect(new Set(others.map(one => one.stream))).toEqual(new Set(['orders']))
  await resumeStream(d.store, d.stream('events'))
  expect(await d.turn()).toEqual([])
})
