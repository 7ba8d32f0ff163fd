import { BronzeFixture } from '../pipeline/bronze/bronzeFixture.js'

export { range } from '../pipeline/bronze/bronzeFixture.js'

/** A lake in memory with the sample stream, by those settings. */
export function sampleLake(settings: Readonly<Record<string, string>> = {}): Promise<BronzeFixture> {
  return BronzeFixture.open({ settings: { DUCKDB_MEMORY_LIMIT: '256MB', ...settings } })
}
