import { bronzeTable, silverTable, type Stream } from '../../contract/index.js'
import { compareSchemas } from '../../delta/index.js'
import type { Lake } from '../lake/index.js'
import type { ContractFinding } from './contractFinding.js'

/** What becomes of a stream's tables when the contract is deployed. */
export async function tableFindings(lake: Lake, stream: Stream): Promise<readonly ContractFinding[]> {
  const findings: ContractFinding[] = []
  for (const { path, schema } of [bronzeTable(stream), silverTable(stream)]) {
    const state = await lake.table(path).state({ fresh: true })
    if (state === undefined) continue
    const finding = (verdict: ContractFinding['verdict'], field: string, message: string) =>
      findings.push({ against: 'table', verdict, field, message: `${path}: ${message}` })
    const change = compareSchemas(state.schema, schema)
    if (change.kind === 'incompatible')
      finding(
        'breaks',
        change.field,
        `it is ${change.tableType}, the contract says ${change.wantedType} (${change.why})`,
      )
    const [there, wanted] = [state.schema, schema].map(({ fields }) => new Map(fields.map(one => [one.name, one])))
    for (const { name, nullable } of schema.fields) {
      const column = there?.get(name)
      if (column === undefined) {
        if (change.kind !== 'incompatible') finding('note', name, 'the column is added with the next commit')
      } else if (nullable && !column.nullable) finding('note', name, 'the column becomes nullable with the next commit')
    }
    for (const { name } of state.schema.fields)
      if (wanted?.has(name) === false)
        finding('note', name, 'the contract no longer has it: the column stays and is null')
  }
  return findings
}
