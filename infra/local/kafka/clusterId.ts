import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { Kafka, logLevel } from 'kafkajs'

/** The id of the cluster whose broker answers on that port within a second. */
export async function answeringCluster(host: string, port: number): Promise<string | undefined> {
  const admin = new Kafka({
    brokers: [`${host}:${port}`],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1_000,
    requestTimeout: 1_000,
    retry: { retries: 0 },
  }).admin()
  try {
    await admin.connect()
    return (await admin.describeCluster()).clusterId
  } catch {
    return undefined
  } finally {
    await admin.disconnect()
  }
}

/** The id that a broker's data folder was formatted with. */
export async function formattedCluster(dataFolder: string): Promise<string | undefined> {
  const properties = await readFile(join(dataFolder, 'meta.properties'), 'utf8')
  return /^cluster\.id=(.+)$/m.exec(properties)?.[1]?.trim()
}
