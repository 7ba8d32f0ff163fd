import { expect, test } from 'vitest'

import { runGold } from '../../shared/pipeline/gold/index.js'
import { runTraining } from '../../shared/pipeline/training/index.js'
import { Random, seedNote, testSeed } from '../random.js'
import { DrivenLake, expectOnly, modelStreams, namesOf } from './drivenLake.js'

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

/** A day of both streams: five hundred events of each every eight hours, with values around a mean. */
async function day(d: DrivenLake, random: Random, mean: number) {
  const value = () => mean * (1 + (random.next() + random.next() + random.next() - 1.5) / 5)
  let firing: Awaited<ReturnType<DrivenLake['turn']>> = []
  for (let n = 0; n < 3; n++) firing = await d.turn({ minutes: 480, events: 500, orders: 500, value })
  return firing
}

test('model-fault: the version that a stream is to be scored with is gone, and comes back', async () => {
  await using d = await DrivenLake.open({ ALERT_MODEL_SECONDS: '1e6, events=90' }, [], modelStreams)
  await day(d, new Random(), 1_000)
  for (const { name } of modelStreams) await train(d, name)
  expect(namesOf(await d.turn())).toEqual([])
  await d.store.put('models/events-anomaly/champion.json', json({ version: '7', previous: '1' }))
  expect(namesOf(await d.turn())).toEqual([])
  await d.turn()
  const firing = await d.turn()
  expectOnly(
    firing,
    'model-fault',
    'events',
    /^gold\.events_scored: its model has a fault for 2 min, longer than 90 s\. .*version 1 scores.*7\/model\.json is not there/,
    d.clock.now(),
  )
  await d.store.put('models/events-anomaly/champion.json', json({ version: '1' }))
  expect(namesOf(await d.turn())).toEqual([])
})

test('drift: what one producer sends changes by half, and is not what the model was trained on any more', async () => {
  const random = new Random()
  await using d = await DrivenLake.open({}, [], modelStreams)
  await day(d, random, 1_000)
  for (const { name } of modelStreams) await train(d, name)
  await day(d, random, 1_000)
  expect(namesOf(await d.turn({ minutes: 300 })), seedNote).not.toContain('drift')
  await day(d, random, 1_500)
  const firing = await day(d, random, 1_500)
  const drifts = firing.filter(({ alert }) => alert === 'drift')
  expect(new Set(drifts.map(({ stream }) => stream)), seedNote).toEqual(new Set(['events']))
  expect(drifts[0]?.sentence).toMatch(/^gold\.events_drift: .*value/)
  expect(drifts[0]?.runbook).toBe('infra/RUNBOOK.md#drift')
  await day(d, random, 1_000)
  expect(namesOf(await day(d, random, 1_000)), seedNote).not.toContain('drift')
})

/** Trains, and has it scored with, whether it beats what a young lake begins with or not. */
async function train(d: DrivenLake, name: string): Promise<void> {
  const run = await runTraining(d.lake, d.stream(name), 'command', { register: true, seed: testSeed })
  expect(run.outcome, JSON.stringify(run.report.detail)).toMatchObject({ kind: 'trained', version: '1' })
  await d.store.put(`models/${name}-anomaly/champion.json`, json({ version: '1' }))
  await runGold(d.lake, 'command')
}
