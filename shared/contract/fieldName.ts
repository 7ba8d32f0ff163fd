import { ContractError } from './contractError.js'

/** Columns that the tables have beside the contract's, without an underscore. */
export const scoreColumns = ['score', 'is_anomaly', 'model_name', 'model_version', 'model_digest', 'scored_at'] as const

/**
 * Checks the names of one level of a contract against what a Delta table without column mapping can have.
 * @param path where the level is; empty at the top, where the pipeline's own columns are as well
 * @throws ContractError BAD_FIELD_NAME naming the field
 */
export function checkFieldNames(names: readonly string[], path: string): void {
  const seen = new Map<string, string>()
  for (const name of names) {
    const at = path === '' ? name : `${path}.${name}`
    const refuse = (why: string) => {
      throw new ContractError('BAD_FIELD_NAME', `Field ${JSON.stringify(at)}: ${why}`, { field: at })
    }
    if (name === '') refuse('a name cannot be empty.')
    if (/[ ,;{}()\n\t=]/.test(name)) refuse('a name cannot have blanks or any of ,;{}()= in a Delta table.')
    if (name === '__proto__') refuse('this name cannot be read from JSON safely.')
    if (path === '' && name.startsWith('_')) refuse("names that begin with an underscore are the pipeline's own.")
    if (path === '' && scoreColumns.some(column => column === name.toLowerCase())) {
      refuse('gold tables have a column of this name. Choose another.')
    }
    const same = seen.get(name.toLowerCase())
    if (same !== undefined) refuse(`differs from ${JSON.stringify(same)} only in case, which tables do not see.`)
    seen.set(name.toLowerCase(), name)
  }
}
