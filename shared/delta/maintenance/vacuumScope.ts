/**
 * Whether VACUUM may consider an object of the table's folder. Not in the log, and nowhere under a name that begins
 * with `_` or `.`, where other programs keep their things; but in a partition's folder, whatever the column is called,
 * and among the change data files, which the log never needs for longer than the retention.
 *
 * @param path relative to the table
 */
export function isVacuumable(path: string, partitionColumns: readonly string[]): boolean {
  return path.split('/').every((part, depth, parts) => {
    if (part === '') return false
    if (!part.startsWith('_') && !part.startsWith('.')) return true
    if (depth === 0 && parts.length > 1 && (part === '_change_data' || part === '_delta_index')) return true
    return depth < parts.length - 1 && partitionColumns.some(column => part.startsWith(`${column}=`))
  })
}
