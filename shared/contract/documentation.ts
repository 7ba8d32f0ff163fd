import type { DataType, StructField } from '../types/index.js'
import { rejectionCodes, type Stream } from './stream.js'
import {
  bronzeTable,
  quarantineName,
  scoredTable,
  silverTable,
  sqlName,
  summaryTable,
  type TableSpec,
} from './tables.js'

/** A Markdown page about a stream: what it promises and what is in its tables. */
export function documentationOf(stream: Stream): string {
  const facts: readonly (readonly [string, string])[] = [
    ['Topic', code(stream.topic)],
    ['The same event', `same ${code(stream.key)}, event times at most ${inWords(stream.dedupeWithinMs)} apart`],
    ['Event time', code(stream.eventTime)],
    [
      'Late',
      `more than ${inWords(stream.allowedLatenessMs)} behind Kafka's timestamp: kept, flagged in ${code('_late')}`,
    ],
    ['Clustered by', stream.clusterBy.map(code).join(', ')],
    ['Expectations', stream.expectations.length === 0 ? 'none' : stream.expectations.map(cell).join('; ')],
  ]
  return [
    `# ${stream.name}`,
    '',
    '| | |',
    '|---|---|',
    ...facts.map(([name, value]) => `| ${name} | ${value} |`),
    '',
    '## Contract',
    '',
    ...columnTable(stream.columns),
    '',
    `A record that does not fit stays in ${code(sqlName(bronzeTable(stream).path))} with its reason, and is listed in`,
    `${code(quarantineName(stream))}. Reasons: ${rejectionCodes.map(code).join(', ')}.`,
    '',
    ...[bronzeTable(stream), silverTable(stream), scoredTable(stream), summaryTable(stream)].flatMap(section),
  ].join('\n')
}

/** A column's type as SQL writes it: `decimal(10,2)`, `array<string>`. */
export function typeInWords(type: DataType): string {
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
  const rows = columns.map(({ name, type, nullable, metadata }) => {
    const comment = metadata?.['comment']
    const meaning = cell(typeof comment === 'string' ? comment : '')
    return `| ${code(name)} | ${code(typeInWords(type))} | ${nullable ? 'yes' : 'no'} | ${meaning} |`
  })
  return ['| column | type | null | meaning |', '|---|---|---|---|', ...rows]
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
