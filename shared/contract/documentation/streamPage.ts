import type { z } from 'zod'

import type { DataType, StructField } from '../../types/index.js'
import { rejectionCodes } from '../rejectionCodes.js'
import type { Stream } from '../stream.js'
import { summaryTable } from '../summarySchema.js'
import { quarantineName, sqlName } from '../tablePaths.js'
import { bronzeTable, scoredTable, silverTable, type TableSpec } from '../tableSchemas.js'
import { fieldRules } from './fieldRules.js'

/**
 * A Markdown page about a stream, laid out to be read as text too: what its contract asks of an event, and the tables
 * that follow from it with their columns, types and descriptions.
 */
export function documentationOf(stream: Stream): string {
  return [
    `# ${stream.name}`,
    '',
    ...markdownTable(['stream', code(stream.name)], facts(stream)),
    '',
    '## Contract',
    '',
    ...contractTable(stream),
    '',
    ...expectations(stream),
    `A record that does not fit stays in ${code(sqlName(bronzeTable(stream).path))} with its reason, and is listed in`,
    `${code(quarantineName(stream))}. Reasons: ${rejectionCodes.join(', ')}.`,
    '',
    ...[bronzeTable(stream), silverTable(stream), scoredTable(stream), summaryTable(stream)].flatMap(section),
  ].join('\n')
}

function facts(stream: Stream): readonly (readonly string[])[] {
  const { topic, key, dedupeWithinMs, eventTime, allowedLatenessMs, clusterBy, retention } = stream
  return [
    ['Topic', code(topic)],
    ['The same event', `same ${code(key)}, event times at most ${inWords(dedupeWithinMs)} apart`],
    ['Event time', `${code(eventTime)}, at most an hour after Kafka's timestamp`],
    ['Late', `more than ${inWords(allowedLatenessMs)} behind Kafka's timestamp: kept, flagged in ${code('_late')}`],
    ['Clustered by', clusterBy.map(code).join(', ')],
    ...Object.entries(retention).map(([part, ms]) => [`Kept in ${part}`, `${inWords(ms)}, then removed day by day`]),
  ]
}

function contractTable({ columns, fields, schema }: Stream): string[] {
  const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape
  return markdownTable(
    ['field', 'type', 'null', 'rules', 'meaning'],
    columns.map((column, i) => {
      const field = shape[column.name]
      const { aliases = [] } = fields[i] ?? {}
      const former = aliases.length === 0 ? [] : [`formerly ${aliases.join(', ')}`]
      const rules = field === undefined ? [] : [...fieldRules(field), ...former]
      return [code(column.name), code(typeText(column)), nullText(column), cell(rules.join('; ')), meaning(column)]
    }),
  )
}

function expectations(stream: Stream): string[] {
  const filter = stream.isFiltered
    ? ['Events of which `where` is not true are left out, and counted as filtered.', '']
    : []
  if (stream.expectations.length === 0) return filter
  return [
    ...filter,
    'Expectations, each of which every event must fulfil, and what happens to one that does not:',
    '',
    ...stream.expectations.map(e => `- ${cell(e)}: ${stream.actions.get(e) ?? 'quarantine'}`),
    '',
  ]
}

/** A type as SQL writes it: `decimal(10,2)`, `array<string>`. */
function typeInWords(type: DataType): string {
  if (typeof type === 'string') return type === 'integer' ? 'int' : type === 'long' ? 'bigint' : type
  switch (type.type) {
    case 'decimal':
      return `decimal(${String(type.precision)},${String(type.scale)})`
    case 'array':
      return `array<${typeInWords(type.elementType)}>`
    case 'map':
      return `map<${typeInWords(type.keyType)},${typeInWords(type.valueType)}>`
    case 'struct':
      return `struct<${type.fields.map(field => `${field.name}:${typeInWords(field.type)}`).join(',')}>`
  }
}

function section(table: TableSpec): string[] {
  const partitions = table.partitionColumns.map(code).join(', ')
  return [
    `## ${sqlName(table.path)}`,
    '',
    `${table.description} Partitioned by ${partitions}.`,
    '',
    ...columnTable(table.schema.fields),
    '',
  ]
}

function columnTable(columns: readonly StructField[]): string[] {
  return markdownTable(
    ['column', 'type', 'null', 'meaning'],
    columns.map(column => [code(column.name), code(typeText(column)), nullText(column), meaning(column)]),
  )
}

function typeText({ type }: StructField): string {
  return typeInWords(type)
}

function nullText({ nullable }: StructField): string {
  return nullable ? 'yes' : 'no'
}

function meaning({ metadata }: StructField): string {
  const comment = metadata?.['comment']
  return cell(typeof comment === 'string' ? comment : '')
}

/** A table whose columns stand under each other; the last one is as long as it is. */
function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = header.map((_, i) => Math.max(3, ...[header, ...rows].map(row => row[i]?.length ?? 0)))
  const last = header.length - 1
  const line = (row: readonly string[]) =>
    `| ${row.map((text, i) => (i === last ? text : text.padEnd(widths[i] ?? 0))).join(' | ')} |`
  return [line(header), line(header.map((_, i) => '-'.repeat(i === last ? 3 : (widths[i] ?? 3)))), ...rows.map(line)]
}

function code(text: string): string {
  return `\`${cell(text)}\``
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

function inWords(ms: number): string {
  const units = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1000],
  ] as const
  const [unit, size] = units.find(([, length]) => ms >= length && ms % length === 0) ?? ['millisecond', 1]
  const count = ms / size
  return `${String(count)} ${unit}${count === 1 ? '' : 's'}`
}
