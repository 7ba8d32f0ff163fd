import { describe, expect, test } from 'vitest'

import { category, hourOfDay, logarithm, type NamedFeature, numeric, rate } from '../../../shared/contract/index.js'
import { type Feature, featureNames, featureWidth } from '../../../shared/models/index.js'
import { featureColumns, FeatureMatrix } from '../../../shared/pipeline/features/featureMatrix.js'
import { fitTable } from '../../../shared/pipeline/features/fitTable.js'
import { DuckDbSession, identifier, literal } from '../../../shared/query/index.js'
import { Random, seedNote } from '../../random.js'

interface Given {
  readonly value: number | null
  readonly type: string | null
  readonly at: bigint | null
}

const specs: readonly NamedFeature[] = [
  { name: 'value', ...numeric('val"ue') },
  { name: 'log_value', ...logarithm('val"ue') },
  { name: 'hour', ...hourOfDay('at') },
  { name: 'type', ...category('type', { most: 5 }) },
  { name: 'type_rate', ...rate('type', { most: 4 }) },
]

/** What the features mean, row by row in plain TypeScript. */
function oracle(rows: readonly Given[]): { readonly names: readonly string[]; readonly matrix: readonly number[] } {
  const counts = new Map<string, number>()
  for (const { type } of rows) if (type !== null) counts.set(type, (counts.get(type) ?? 0) + 1)
  const order = [...counts].toSorted(([a, n], [b, m]) => m - n || Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const kept = order.slice(0, 5).map(([type]) => type)
  const rates = new Map(order.slice(0, 4).map(([type, n]) => [type, n / rows.length]))
  const dayMicros = 86_400_000_000n
  const clamp = (x: number) => Math.max(-3.4028234663852886e38, Math.min(3.4028234663852886e38, x))
  const matrix = rows.flatMap(({ value, type, at }) => [
    value === null ? NaN : clamp(value),
    value === null ? NaN : clamp(Math.sign(value) * Math.log(1 + Math.abs(value))),
    at === null ? NaN : Number(((at % dayMicros) + dayMicros) % dayMicros) / 3_600_000_000,
    ...kept.map(name => (name === type ? 1 : 0)),
    type === null ? 0 : (rates.get(type) ?? 0),
  ])
  return { names: ['value', 'log_value', 'hour', ...kept.map(name => `type=${name}`), 'type_rate'], matrix }
}

const sqlNumber = (value: number | null) => (value === null ? 'NULL' : `'${String(value)}'`)
const hostileText = (text: string | null) =>
  text === null ? 'NULL' : text.split('\u0000').map(literal).join(' || chr(0) || ')

async function tableOf(session: DuckDbSession, rows: readonly Given[]): Promise<string> {
  await session.run(`CREATE TABLE given (${identifier('val"ue')} DOUBLE, type VARCHAR, "at" TIMESTAMPTZ)`)
  for (const { value, type, at } of rows)
    await session.run(
      `INSERT INTO given VALUES (${sqlNumber(value)}, ${hostileText(type)}, make_timestamptz(${at === null ? 'NULL' : at}::BIGINT))`,
    )
  return 'given'
}

async function matrixOf(session: DuckDbSession, relation: string, features: readonly Feature[]): Promise<number[]> {
  const { rows } = await session.query(
    `SELECT ${featureColumns(features, new Set(['val"ue', 'type', 'at']))} FROM ${relation}`,
  )
  const matrix = new FeatureMatrix(features, rows.length)
  for (const row of rows) matrix.add(row)
  return [...matrix.filled()]
}

const hostileValues = [null, NaN, Infinity, -Infinity, 0, -0, 1e300, -1e300, 5e-324, 1e-9, -0.5, 3.5e38, 12.5]
const hostileTypes = [
  null,
  '',
  'a=b',
  "it's",
  'é',
  'e\u0301',
  '\u{10000}',
  '\uffff',
  'NULL',
  '__proto__',
  'a\u0000b',
  '[x, y]',
]
const hostileTimes = [
  null,
  0n,
  -1n,
  1n,
  -86_400_000_000n,
  86_399_999_999n,
  -62_135_596_800_000_000n,
  253_402_300_799_999_999n,
]

describe('the SQL of the features', () => {
  test('says of hostile values what plain TypeScript says', async () => {
    const random = new Random()
    const rows = Array.from({ length: 300 }, () => ({
      value: random.pick([...hostileValues, (random.next() - 0.5) * 10 ** random.below(40)]),
      type: random.pick([...hostileTypes, random.text(3)]),
      at: random.pick([...hostileTimes, BigInt(Math.floor((random.next() - 0.5) * 4e15))]),
    }))
    await using session = await DuckDbSession.open({ threads: 1 })
    const relation = await tableOf(session, rows)
    const features = await fitTable(session, relation, specs)
    const expected = oracle(rows)
    expect(featureNames(features), seedNote).toEqual(expected.names)
    const found = await matrixOf(session, relation, features)
    expect(found.length, seedNote).toBe(rows.length * featureWidth(features))
    found.forEach((value, i) => {
      const wanted = Math.fround(expected.matrix[i] as number)
      const row = rows[Math.floor(i / expected.names.length)]
      const about = `${String(expected.names[i % expected.names.length])} of ${String(row?.value)}, ${JSON.stringify(row?.type)}, ${String(row?.at)}; ${seedNote}`
      if (Number.isNaN(wanted)) expect(value, about).toBeNaN()
      else expect(Math.abs(value - wanted), about).toBeLessThanOrEqual(Math.abs(wanted) * 2 ** -23)
    })
  })

  test('rows that training never saw: unknown texts are no category and have the rate 0', async () => {
    await using session = await DuckDbSession.open({ threads: 1 })
    const relation = await tableOf(session, [
      { value: 1, type: 'a', at: 0n },
      { value: 2, type: 'a', at: 0n },
      { value: 3, type: 'b', at: 0n },
      { value: 4, type: null, at: 0n },
    ])
    const features = await fitTable(session, relation, specs)
    await session.run('DELETE FROM given')
    await session.run(`INSERT INTO given VALUES (7, 'c', '1969-12-31 12:00:00+00'), (8, 'a', NULL)`)
    expect(featureNames(features)).toEqual(['value', 'log_value', 'hour', 'type=a', 'type=b', 'type_rate'])
    expect(await matrixOf(session, relation, features)).toEqual(
      [7, Math.log(8), 12, 0, 0, 0, 8, Math.log(9), NaN, 1, 0, 0.5].map(Math.fround),
    )
  })

  test('every text is a category of its own, whatever is in it', async () => {
    const texts = hostileTypes.filter(text => text !== null)
    await using session = await DuckDbSession.open({ threads: 1 })
    const relation = await tableOf(
      session,
      texts.map(type => ({ value: 0, type, at: 0n })),
    )
    const features = await fitTable(session, relation, [{ name: 't', ...category('type', { most: 100 }) }])
    const matrix = await matrixOf(session, relation, features)
    const names = featureNames(features)
    expect(names.length).toBe(texts.length)
    texts.forEach((text, i) => {
      const row = matrix.slice(i * texts.length, (i + 1) * texts.length)
      expect(row.map((hit, c) => (hit === 1 ? names[c] : undefined)).filter(Boolean)).toEqual([`t=${text}`])
    })
  })

  test('a column that an old table lacks is null', async () => {
    await using session = await DuckDbSession.open({ threads: 1 })
    const features = specs.map((spec): Feature =>
      spec.kind === 'category' || spec.kind === 'rate'
        ? { name: spec.name, column: spec.column, kind: 'rate', categories: ['a'], rates: [1] }
        : { name: spec.name, column: spec.column, kind: spec.kind },
    )
    const { rows } = await session.query(`SELECT ${featureColumns(features, new Set())}`)
    const matrix = new FeatureMatrix(features, 1)
    for (const row of rows) matrix.add(row)
    expect([...matrix.filled()]).toEqual([NaN, NaN, NaN, 0, 0])
  })
})
