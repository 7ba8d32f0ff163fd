import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'

// Metadata v4, correlation id 1, no client id: of no topic, none to be created.
const metadataRequest = Buffer.from([0, 0, 0, 15, 0, 3, 0, 4, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 0, 0])

/** The id of the cluster whose broker answers on that port within a second. */
export function answeringCluster(host: string, port: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const socket = connect({ host, port })
    let received = Buffer.alloc(0)
    const done = (clusterId?: string): void => {
      socket.destroy()
      resolve(clusterId)
    }
    socket.setTimeout(1_000, () => {
      done()
    })
    socket.once('error', () => {
      done()
    })
    socket.once('close', () => {
      done()
    })
    socket.once('connect', () => socket.write(metadataRequest))
    socket.on('data', chunk => {
      received = Buffer.concat([received, chunk])
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return
      done(clusterIdIn(received))
    })
  })
}

/** Of an answer to Metadata v4: length, correlation id, throttle time, brokers (id, host, port, rack), the cluster's id. */
function clusterIdIn(answer: Buffer): string | undefined {
  let at = 12
  const int32 = (): number => answer.readInt32BE((at += 4) - 4)
  const text = (): string | undefined => {
    const length = answer.readInt16BE((at += 2) - 2)
    return length < 0 ? undefined : answer.toString('utf8', at, (at += length))
  }
  try {
    for (let brokers = int32(); brokers > 0; brokers--) {
      int32()
      text()
      int32()
      text()
    }
    return text()
  } catch {
    // Somebody else answers, by another protocol.
    return undefined
  }
}

/** The id that a broker's data folder was formatted with. */
export async function formattedCluster(dataFolder: string): Promise<string | undefined> {
  const properties = await readFile(join(dataFolder, 'meta.properties'), 'utf8')
  return /^cluster\.id=(.+)$/m.exec(properties)?.[1]?.trim()
}
