import { describe, expect, test } from 'vitest'

import { describeColumn, encodeReference } from '../../../shared/models/drift/index.js'
import { encodeModelCard, starterModel } from '../../../shared/models/index.js'
import { measureDrift } from '../../../shared/pipeline/gold/drift.js'
import { rescoreGold, runGold } from '../../../shared/pipeline/gold/goldStep.js'
import { refreshModels } from '../../../shared/pipeline/models/index.js'
import { runMonitor } from '../../../shared/pipeline/monitor/monitorStep.js'
import type { Row } from '../../../shared/types/index.js'
import { type BronzeFixture, range } from '../bronze/bronzeFixture.js'
import { ingest, look, open, settings } from './monitorFixture.js'

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const folder = 'models/events-anomaly'

async function driftRow(f: BronzeFixture): Promise<Row | undefined> {
  f.clock.advance(1_000)
  await runMonitor(f.lake, 'timer')
  return (await f.read('monitor_logs')).filter(row => row['layer'] === 'drift').at(-1)
}

/** The fault's time is the storage's, which tests cannot move: it is put back in the file. */
async function putBack(f: BronzeFixture, file: string, hours: number): Promise<void> {
  const status = JSON.parse(Buffer.from((await f.store.get(file)) ?? []).toString()) as Record<string, unknown>
  const past = new Date((await f.lake.store.now()) - hours * 3_600_000).toISOString()
  const error = { ...(status['error'] as object), since: past }
  await f.store.put(file, json({ ...status, error }))
}

describe('a model that fails', () => {
  test('is a remark at first, DEGRADED after the settable time, and neither once it is well again', async () => {
    await using f = await open({ settings: { ...settings, MODEL_FAULT_DEGRADED: '2 hours' } })
    await ingest(f, range(0, 5))
    await runGold(f.lake, 'command')
    await f.store.put(`${folder}/champion.json`, json({ version: '7', previous: 'starter-1' }))
    await ingest(f, range(5, 10))
    await runGold(f.lake, 'command')
    const { gold } = await look(f)
    expect(gold).toMatchObject({ status: 'OK', rows_total: 10n })
    expect(gold?.['reason']).toMatch(
      /The model lake:models\/events-anomaly cannot score for \d+ s, and version starter-1 scores: .*\/7\/model\.json is not there/,
    )
    await putBack(f, `${folder}/scoring.json`, 3)
    const later = await look(f)
    expect(later['gold']).toMatchObject({ status: 'DEGRADED' })
    expect(later['gold']?.['reason']).toMatch(/cannot score for 3 h/)
    expect(later['summary']).toMatchObject({ status: 'OK' })
    await f.store.put(`${folder}/champion.json`, json({ version: 'starter-1' }))
    await runGold(f.lake, 'command')
    expect((await look(f))['gold']).toMatchObject({
      status: 'OK',
      reason: expect.not.stringContaining('model') as string,
    })
  })

  test('or a server that does not answer, or is not asked any more, is named', async () => {
    await using f = await open({ settings: { ...settings, MODEL_URI: 'models:/events-anomaly@champion' } })
    await ingest(f, range(0, 5))
    await refreshModels(f.lake, 'timer')
    await runGold(f.lake, 'command')
    const { gold } = await look(f)
    expect(gold).toMatchObject({ status: 'OK' })
    expect(gold?.['reason']).toMatch(/cannot be renewed for \d+ s, and no version scores: .*Set MLFLOW_TRACKING_URI/)
    const past = new Date((await f.lake.store.now()) - 2 * 3_600_000).toISOString()
    await f.store.put(
      'model_cache/events-anomaly%40champion/status.json',
      json({ checked_at: past, ok_at: past, version: '1' }),
    )
    const later = await look(f)
    expect(later['gold']).toMatchObject({ status: 'DEGRADED' })
    expect(later['gold']?.['reason']).toMatch(/Nobody has asked the server for a new model for 2 h/)
  })

  test('with a status that cannot be read keeps nothing from being looked at', async () => {
    await using f = await open()
    await ingest(f, range(0, 5))
    await runGold(f.lake, 'command')
    await f.store.put(`${folder}/scoring.json`, new TextEncoder().encode('{'))
    expect((await look(f))['gold']).toMatchObject({ status: 'OK' })
  })
})

describe('drift', () => {
  test('is a row of its own: OK without a breach, DEGRADED with the columns by name', async () => {
    await using f = await open()
    const { card, onnx } = starterModel('events-anomaly')
    const promote = async (version: string, values: readonly number[]) => {
      const columns = [describeColumn('value', Float32Array.from(values))]
      await f.store.put(`${folder}/${version}/model.onnx`, onnx)
      await f.store.put(`${folder}/${version}/reference.json`, encodeReference({ rows: values.length, columns }))
      await f.store.put(`${folder}/${version}/model.json`, encodeModelCard({ ...card, version }))
      await f.store.put(`${folder}/champion.json`, json({ version }))
    }
    await ingest(f, range(0, 200))
    expect(await driftRow(f)).toBeUndefined()
    await promote(
      '1',
      (await f.read('silver/events')).map(row => row['value'] as number),
    )
    await runGold(f.lake, 'command')
    expect(await driftRow(f)).toMatchObject({ status: 'OK', reason: 'No day that is over was compared yet.' })
    f.clock.advance(86_400_000 + f.stream.allowedLatenessMs)
    await rescoreGold(f.lake, f.stream)
    expect(await driftRow(f)).toMatchObject({ table_name: 'gold.events_drift', status: 'OK', stream: 'events' })
    await promote(
      '2',
      range(0, 1_000).map(n => 1e6 + n),
    )
    await rescoreGold(f.lake, f.stream)
    const row = await driftRow(f)
    expect(row).toMatchObject({ status: 'DEGRADED' })
    expect(row?.['reason']).toMatch(
      /^Events of 2025-04-01 are not like those that the model events-anomaly, version 2, was trained on: value \(PSI \d+\.\d\d over \d+\.\d\d, \d+ rows\)\. Find out why, or train it again\.$/,
    )
  })

  test('hours that the training never saw are no breach: the sentence says which it saw', async () => {
    await using f = await open()
    const { card, onnx } = starterModel('events-anomaly')
    const features = [...card.features, { name: 'hour', column: 'timestamp', kind: 'hour' as const }]
    await ingest(f, range(0, 200))
    const values = (await f.read('silver/events')).map(row => row['value'] as number)
    const other = Float32Array.from(values, () => 99)
    const columns = [
      describeColumn('value', Float32Array.from(values)),
      describeColumn('hour', other.slice()),
      describeColumn('score', other.slice()),
    ]
    const span = { first: Date.UTC(2025, 2, 1, 13, 5), last: Date.UTC(2025, 2, 1, 14, 20) }
    await f.store.put(`${folder}/1/model.onnx`, onnx)
    await f.store.put(`${folder}/1/reference.json`, encodeReference({ rows: values.length, columns, span }))
    await f.store.put(`${folder}/1/model.json`, encodeModelCard({ ...card, version: '1' }))
    await f.store.put(`${folder}/champion.json`, json({ version: '1' }))
    await runGold(f.lake, 'command')
    // The model that ships takes no hour; what its card says when it is compared is what counts here.
    await f.store.put(`${folder}/1/model.json`, encodeModelCard({ ...card, features, version: '1' }))
    f.clock.advance(3 * 86_400_000)
    await measureDrift(f.lake, f.stream, { trigger: 'command' })
    expect(await driftRow(f)).toMatchObject({
      status: 'OK',
      reason: expect.stringMatching(
        /^No column of the 1 has drifted .* Not judged: hour and score, because version 1 was trained on hours 13–14 \(UTC\) only\./,
      ) as string,
    })
  })
})
