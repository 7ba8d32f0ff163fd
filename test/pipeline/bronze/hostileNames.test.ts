import { expect, test } from 'vitest'
import { z } from 'zod'

import { defineStream, silverPath, timestamp } from '../../../shared/contract/index.js'
import { catchUp } from '../../../shared/pipeline/bronze/catchUpStep.js'
import { runGold } from '../../../shared/pipeline/gold/goldStep.js'
import { runMonitor } from '../../../shared/pipeline/monitor/monitorStep.js'
import { runSilver } from '../../../shared/pipeline/silver/silverStep.js'
import type { MapEntry, Row } from '../../../shared/types/index.js'
import { BronzeFixture, day0 } from './bronzeFixture.js'

const text = z.string().optional()
/** A stream whose name, fields and expectations are names that plain objects have. */
const stream = defineStream({
  name: 'constructor',
  topic: 'constructor',
  key: 'valueOf',
  eventTime: 'at',
  clusterBy: ['toString'],
  allowedLateness: '10 minutes',
  dedupeWithin: '1 day',
  schema: z.object({
    valueOf: z.string(),
    at: timestamp(),
    toString: text,
    hasOwnProperty: text,
    s: z.object({ constructor: text, isPrototypeOf: text }).optional(),
    tags: z.record(z.string(), z.string()).optional(),
  }),
  // Computed, because without the brackets it would be the prototype.
  expectations: {
    ['__proto__']: event => (event.hasOwnProperty as unknown) !== 'unexpected',
    ['constructor']: (event: { readonly toString?: unknown }) => event.toString !== 'unexpected',
  },
})

const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '__defineGetter__']
const valueOf = (row: Row, name: string) => row[name] ?? null
const at = new Date(day0).toISOString()
const record = (json: string, headers: readonly (readonly [string, Uint8Array | null])[] = []) => ({
  key: null,
  value: Buffer.from(json),
  timestamp: day0,
  partition: 0,
  headers,
})

test('names that plain objects have go through bronze, silver and gold as any other', async () => {
  await using fixture = await BronzeFixture.open({ stream })
  const tags = `{${names.map(name => `"${name}":"of ${name}"`).join(',')}}`
  fixture.source.append('constructor', [
    record(
      `{"valueOf":"a","at":"${at}","toString":"t","s":{"constructor":"c","__proto__":"x"},"tags":${tags},"__proto__":{"hasOwnProperty":"never"}}`,
      names.map(name => [name, Buffer.from(name)]),
    ),
    // What is absent is absent, whatever objects inherit.
    record(`{"valueOf":"b","at":"${at}","s":{},"tags":{}}`),
    record(`{"valueOf":"c","at":"${at}","hasOwnProperty":"unexpected"}`),
    record(`{"valueOf":"d","at":"${at}","toString":"unexpected"}`),
    record(`{"at":"${at}"}`),
  ])
  await catchUp(fixture.lake, 'command')
  const rows = await fixture.rows()
  expect(rows.map(row => ['valueOf', '_error_code', '_error_path'].map(name => valueOf(row, name)))).toEqual([
    ['a', null, null],
    ['b', null, null],
    [null, 'EXPECTATION_FAILED', '__proto__'],
    [null, 'EXPECTATION_FAILED', 'constructor'],
    [null, 'FIELD_MISSING', 'valueOf'],
  ])
  expect(rows[0]?.['_headers']).toBe(JSON.stringify(names.map(name => [name, Buffer.from(name).toString('base64')])))
  const told = JSON.stringify((await fixture.reported()).at(-1))
  expect(told).toContain('"expectations":{"__proto__":1,"constructor":1}')

  expect(await runSilver(fixture.lake, 'command')).toMatchObject([{ outcome: 'committed', rowsOut: 2 }])
  const [a, b] = [...(await fixture.read(silverPath(stream)))].sort((x, y) =>
    (valueOf(x, 'valueOf') as string) < (valueOf(y, 'valueOf') as string) ? -1 : 1,
  ) as [Row, Row]
  expect([a, b].map(row => ['toString', 'hasOwnProperty'].map(name => valueOf(row, name)))).toEqual([
    ['t', null],
    [null, null],
  ])
  expect([a, b].map(row => ['constructor', 'isPrototypeOf'].map(name => valueOf(row['s'] as Row, name)))).toEqual([
    ['c', null],
    [null, null],
  ])
  expect(
    (a['tags'] as readonly MapEntry[]).map(({ key, value }) => `${key as string}=${value as string}`).sort(),
  ).toEqual(names.map(name => `${name}=of ${name}`).sort())
  expect(b['tags']).toEqual([])

  await runGold(fixture.lake, 'command')
  await runMonitor(fixture.lake, 'command')
  await runMonitor(fixture.lake, 'command')
  const logs = await fixture.read('monitor_logs')
  expect(logs.filter(row => row['identity_closed'] === false)).toEqual([])
  expect(logs.length).toBeGreaterThan(0)
})
