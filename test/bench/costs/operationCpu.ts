import { openStore } from '../../../shared/storage/index.js'
import { startAzurite } from '../../harness/azurite.js'

const rounds = 300

/**
 * Processor time of one storage operation in this process, milliseconds: the mean of puts and reads of 4 KB on Azurite.
 * A lake in memory has none of it.
 */
export async function operationCpuMs(): Promise<number> {
  const azurite = await startAzurite()
  try {
    const store = await openStore(`${azurite.url}/lake`, { connectionString: azurite.connectionString })
    const bytes = new Uint8Array(4_096)
    const round = async (from: number) => {
      for (let i = from; i < from + rounds; i++) {
        await store.putIfAbsent(`${i}`, bytes)
        await store.get(`${i}`)
      }
    }
    await round(0)
    const before = process.cpuUsage()
    await round(rounds)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1_000 / (2 * rounds)
  } finally {
    await azurite.stop()
  }
}
