import { bronzeTable, silverTable, type Stream } from '../../contract/index.js'
import { compareSchemas } from '../../delta/index.js'
import type { DataType, StructField, StructType } from '../../types/index.js'
import type { Lake } from '../lake/index.js'
import type { ContractFinding } from './contractFinding.js'

/** What becomes of a stream's tables when the contract is deployed. */
export async function tableFindings(lake: Lake, stream: Stream): Promise<readonly ContractFinding[]> {
  const findings: ContractFinding[] = []
  for (const { path, schema } of [bronzeTable(stream), silverTable(stream)]) {
    const state = await lake.table(path).state({ fresh: true })
    if (state !== undefined) findings.push(...columnFindings(path, state.schema, schema))
  }
  return findings
}

/** Column by column, so that one that does not fit hides no other. */
function columnFindings(path: string, table: StructType, wanted: StructType): readonly ContractFinding[] {
  const finding = (verdict: ContractFinding['verdict'], field: string, message: string): ContractFinding => ({
    against: 'table',
    verdict,
    field,
    message: `${path}: ${message}`,
  })
  const columns = new Map(table.fields.map(column => [column.name.toLowerCase(), column]))
  const names = new Set(wanted.fields.map(({ name }) => name.toLowerCase()))
  const found = wanted.fields.flatMap(field => {
    const column = columns.get(field.name.toLowerCase())
    if (column === undefined) return [finding('note', field.name, 'the column is added with the next commit')]
    const change = compareSchemas(structOf(column), structOf(field))
    if (change.kind === 'incompatible')
      return [finding('breaks', change.field, `${change.why}; keep the type, or give the field another name`)]
    const added = change.kind === 'additive' ? change.added : []
    return [
      ...added.map(name => finding('note', name, 'the field is added with the next commit')),
      ...(field.nullable && !column.nullable
        ? [finding('note', field.name, 'the column becomes nullable with the next commit')]
        : []),
      ...goneFrom(column.type, field.type, field.name).map(name =>
        finding('note', name, 'the contract no longer has it: the field stays and is null'),
      ),
    ]
  })
  const gone = table.fields.filter(({ name }) => !names.has(name.toLowerCase()))
  return [
    ...found,
    ...gone.map(({ name }) => finding('note', name, 'the contract no longer has it: the column stays and is null')),
  ]
}

const structOf = (field: StructField): StructType => ({ type: 'struct', fields: [field] })

/** Fields inside a column that the contract has no more. */
function goneFrom(table: DataType, wanted: DataType, path: string): readonly string[] {
  if (typeof table === 'string' || typeof wanted === 'string') return []
  if (table.type === 'array' && wanted.type === 'array')
    return goneFrom(table.elementType, wanted.elementType, `${path}.element`)
  if (table.type === 'map' && wanted.type === 'map') return goneFrom(table.valueType, wanted.valueType, `${path}.value`)
  if (table.type !== 'struct' || wanted.type !== 'struct') return []
  return table.fields.flatMap(({ name, type }) => {
    const same = wanted.fields.find(field => field.name.toLowerCase() === name.toLowerCase())
    return same === undefined ? [`${path}.${name}`] : goneFrom(type, same.type, `${path}.${name}`)
  })
}
