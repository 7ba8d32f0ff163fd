import type { Lake } from '../../shared/pipeline/lake/index.js'

/** The names that a table stores, apart from its rows. */
export interface TableShape {
  readonly columns: readonly { readonly name: string; readonly type: string; readonly nullable: boolean }[]
  readonly partitionColumns: readonly string[]
  readonly configuration: Readonly<Record<string, string>>
  readonly protocol: unknown
  /** With ids in place of the table's own, and numbers in place of numbers. */
  readonly appIds: readonly string[]
  /** Paths into the `commitInfo` of every operation, as `WRITE: lake.run.host`. */
  readonly commitFields: readonly string[]
}

const id = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g

/** An appId or a path with the parts that differ from table to table taken out. */
export function pattern(name: string): string {
  return name.replace(id, '<id>').replace(/\/\d+/g, '/<n>')
}

/** What is found in all commits of a table, whose log must be whole. */
export async function shapeOf(lake: Lake, path: string): Promise<TableShape> {
  const table = lake.table(path)
  const state = await table.state({ fresh: true })
  if (state === undefined) throw new Error(`there is no table ${path}`)
  const appIds = new Set<string>()
  const fields = new Set<string>()
  for await (const { actions } of table.commits(0)) {
    for (const action of actions) {
      if ('txn' in action) appIds.add(pattern(action.txn.appId))
      if ('commitInfo' in action)
        for (const field of fieldsOf(action.commitInfo)) fields.add(`${action.commitInfo.operation ?? ''}: ${field}`)
    }
  }
  const { schema, metadata, protocol } = state
  return {
    columns: schema.fields.map(({ name, type, nullable }) => ({ name, type: JSON.stringify(type), nullable })),
    partitionColumns: metadata.partitionColumns,
    configuration: metadata.configuration,
    protocol,
    appIds: [...appIds].toSorted(),
    commitFields: [...fields].toSorted(),
  }
}

/** The path of every value in a JSON document; elements of a list have one path. */
export function fieldsOf(json: unknown, path = ''): readonly string[] {
  if (Array.isArray(json)) return json.flatMap(item => fieldsOf(item, `${path}[]`))
  if (typeof json !== 'object' || json === null) return [path]
  return Object.entries(json).flatMap(([name, value]) => fieldsOf(value, path === '' ? name : `${path}.${name}`))
}
