import { expect, test } from 'vitest'

import {
  type AlertBoard,
  boardAfter,
  boardPath,
  emptyBoard,
  readBoard,
  renewBoard,
} from '../../shared/alerts/alertBoard.js'
import type { FiringAlert } from '../../shared/alerts/index.js'
import { MemoryStore } from '../../shared/storage/index.js'

const firing = (alert: string, more: Partial<FiringAlert> = {}): FiringAlert => ({
  alert,
  title: `${alert} is so`,
  severity: 2,
  stream: 'events',
  table: undefined,
  step: undefined,
  value: 5,
  threshold: 1,
  since: 900,
  sinceIsKnown: true,
  sentence: 'Five.',
  runbook: `infra/RUNBOOK.md#${alert}`,
  ...more,
})

const changesOf = ({ changes }: AlertBoard) => changes.map(({ at, state, alert, about }) => [at, state, alert, about])

test('what begins and what ends is noted once, of two streams, steps and tables apart', () => {
  const lag = (stream: string) => firing('lag', { stream, table: `bronze.${stream}` })
  const failures = firing('failures', { step: 'gold' })
  const first = boardAfter(emptyBoard, { checkedAt: 1_000, firing: [lag('events'), lag('orders'), failures] })
  expect(first.firing.map(({ about }) => about)).toEqual(['bronze.events', 'bronze.orders', 'gold of events'])
  const value = { ...lag('orders'), value: 9, sentence: 'Nine.' }
  const second = boardAfter(first, { checkedAt: 2_000, firing: [value, failures] })
  expect(second.firing[0]?.sentence).toBe('Nine.')
  const third = boardAfter(second, { checkedAt: 3_000, firing: [value, lag('events')] })
  expect(changesOf(third)).toEqual([
    [3_000, 'fired', 'lag', 'bronze.events'],
    [3_000, 'resolved', 'failures', 'gold of events'],
    [2_000, 'resolved', 'lag', 'bronze.events'],
    [1_000, 'fired', 'lag', 'bronze.events'],
    [1_000, 'fired', 'lag', 'bronze.orders'],
    [1_000, 'fired', 'failures', 'gold of events'],
  ])
})

test('a storm stays small', () => {
  const many = (n: number) =>
    Array.from({ length: n }, (_, i) => firing('lag', { table: `t${i}`, sentence: 'x'.repeat(9_999) }))
  const board = boardAfter(emptyBoard, { checkedAt: 1, firing: many(500) })
  expect([board.firing.length, board.changes.length]).toEqual([60, 60])
  expect(JSON.stringify(board).length).toBeLessThan(120_000)
})

test('nothing is written where nothing changed, and what is damaged counts as nothing', async () => {
  const store = new MemoryStore()
  await renewBoard(store, { checkedAt: 1_000, firing: [] })
  expect(await store.get(boardPath)).toBeUndefined()
  await renewBoard(store, { checkedAt: 2_000, firing: [firing('lag')] })
  const written = await store.get(boardPath)
  await renewBoard(store, { checkedAt: 3_000, firing: [firing('lag')] })
  expect(await store.get(boardPath)).toEqual(written)
  for (const text of ['', 'null', '{"firing":3}', '{"firing":[{"alert":"lag"}],"changes":[]}']) {
    await store.put(boardPath, Buffer.from(text))
    expect(await readBoard(store)).toEqual(emptyBoard)
  }
})
