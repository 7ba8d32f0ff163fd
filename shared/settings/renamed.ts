/** Names that settings had before, with those they have now: an old name would be ignored without a word. */
const renamed: ReadonlyMap<string, string> = new Map([
  ['MAX_POLL_INTERVAL_MS', 'KAFKA_MAX_POLL_INTERVAL_MS'],
  ['SILVER_MEMORY_LIMIT', 'DUCKDB_MEMORY_LIMIT'],
])

/** What a setting is called now that had this name before, in any case; undefined for all other names. */
export function renamedTo(name: string): string | undefined {
  return renamed.get(name.toUpperCase())
}
