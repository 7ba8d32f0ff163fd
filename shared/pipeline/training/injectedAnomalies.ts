import type { NamedFeature, Stream } from '../../contract/index.js'
import { identifier, literalList, sqlType } from '../../query/index.js'

/** What is wrong with an injected row, in the order of its number in the column `anomaly`, from 1; 0 is a usual row. */
export const anomalyKinds = ['value', 'time', 'type'] as const

/** A kind of anomaly that is injected. */
export type AnomalyKind = (typeof anomalyKinds)[number]

/** What is known of the columns that are changed. */
export interface AnomalyColumns {
  /** Numbers, each with the distance of its first and 99th percentile. */
  readonly numbers: readonly { readonly column: string; readonly spread: number }[]
  readonly times: readonly string[]
  /** Texts, each with the categories that occur. */
  readonly texts: readonly { readonly column: string; readonly categories: readonly string[] }[]
}

/** The kinds that the columns allow. */
export function possibleKinds({ numbers, times, texts }: AnomalyColumns): readonly AnomalyKind[] {
  const possible: Readonly<Record<AnomalyKind, boolean>> = {
    value: numbers.length > 0,
    time: times.length > 0,
    type: texts.some(({ categories }) => categories.length > 1),
  }
  return anomalyKinds.filter(kind => possible[kind])
}

/** The columns that features are made of, by what they are changed to. */
export function changedColumns(features: readonly NamedFeature[]) {
  const of = (...kinds: readonly NamedFeature['kind'][]) => [
    ...new Set(features.flatMap(({ kind, column }) => (kinds.includes(kind) ? [column] : []))),
  ]
  return { numbers: of('numeric', 'log'), times: of('hour'), texts: of('category', 'rate') }
}

/**
 * A SELECT of the rows of a relation with a column `anomaly`: some of them are changed in their raw columns, one kind as
 * often as another. A number becomes three to ten times as large or as small, a time moves by ten to fourteen hours, and
 * a text becomes another one that occurs. Which rows, and how, follows from their `draw`.
 *
 * @param relation has the columns and `draw`
 * @param count how many rows are changed
 */
export function injectedSelect(
  stream: Stream,
  relation: string,
  columns: readonly string[],
  changed: AnomalyColumns,
  count: number,
): string {
  const kinds = possibleKinds(changed)
  const numbers = kinds.map(kind => 1 + anomalyKinds.indexOf(kind))
  const injected = columns.map(name => `${changedValue(stream, name, changed)} AS ${identifier(name)}`)
  return `
    SELECT ${[...injected, 'draw', 'anomaly'].join(', ')} FROM (
      SELECT *, CASE WHEN place < ${count} THEN [${numbers.join(', ')}][place % ${kinds.length} + 1] ELSE 0 END AS anomaly
      FROM (SELECT *, row_number() OVER (ORDER BY hash(draw, 'place'), draw) - 1 AS place FROM ${relation}))
    ORDER BY draw`
}

/** A random number in [0, 1) that is the row's own. */
const random = (name: string) => `((hash(draw, '${name}') >> 11)::DOUBLE / 9007199254740992.0)`

function changedValue(stream: Stream, name: string, { numbers, times, texts }: AnomalyColumns): string {
  const column = identifier(name)
  const when = (kind: AnomalyKind, index: number, of: number, value: string) => {
    const chosen = of === 1 ? '' : ` AND floor(${random(`which ${kind}`)} * ${of}) = ${index}`
    return `CASE WHEN anomaly = ${1 + anomalyKinds.indexOf(kind)}${chosen} THEN coalesce(${value}, ${column}) ELSE ${column} END`
  }
  const number = numbers.findIndex(one => one.column === name)
  if (number >= 0) {
    const { spread = 0 } = numbers[number] ?? {}
    const type = stream.columns.find(field => field.name === name)?.type ?? 'double'
    const value = `CAST(${column} AS DOUBLE)`
    const factor = `(3 + 7 * ${random('factor')})`
    const larger = `CASE WHEN ${value} = 0 THEN ${spread}::DOUBLE * ${factor} ELSE ${value} * ${factor} END`
    const smaller = `CASE WHEN ${value} = 0 THEN ${-spread}::DOUBLE * ${factor} ELSE ${value} / ${factor} END`
    return when(
      'value',
      number,
      numbers.length,
      `TRY_CAST(CASE WHEN ${random('side')} < 0.5 THEN ${larger} ELSE ${smaller} END AS ${sqlType(type)})`,
    )
  }
  const time = times.indexOf(name)
  if (time >= 0) {
    const shift = `to_microseconds(CAST((10 + 4 * ${random('shift')}) * 3.6e9 AS BIGINT))`
    return when('time', time, times.length, `${column} - ${shift}`)
  }
  const varied = texts.filter(({ categories }) => categories.length > 1)
  const text = varied.findIndex(one => one.column === name)
  if (text < 0) return column
  const categories = varied[text]?.categories ?? []
  const list = literalList(categories)
  const place = `coalesce(list_position(${list}, CAST(${column} AS VARCHAR)), 0)`
  const step = `CAST(floor(${random('category')} * ${categories.length - 1}) AS INTEGER)`
  return when('type', text, varied.length, `list_extract(${list}, (${place} + ${step}) % ${categories.length} + 1)`)
}
