import type { StructField } from '../parquet/dataType.js'
import { QueryError } from './queryError.js'

export function sparkExpression(sql: string, _fields: readonly StructField[]): string {
  throw new QueryError('QUERY_BAD_SQL', `not yet ${sql}`)
}
