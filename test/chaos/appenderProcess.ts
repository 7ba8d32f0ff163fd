import { writeSync } from 'node:fs'

import { systemClock } from '../../shared/clock.js'
import { FaultyStore } from '../../shared/storage/faults/index.js'
import { openStore } from '../../shared/storage/index.js'
import { Random } from '../random.js'
import { ChangingTable } from './changingTable.js'
import { storageTrouble } from './storageTrouble.js'
import { VersionWitness } from './versionWitness.js'

/**
 * A process that appends to a table as several applications, until its input ends, on storage with which much goes wrong. Says
 * on its output, a line of JSON each, which commits it sends before it sends them, and which rows are in the table; what
 * it has said stays said when it is killed.
 */
const [url = '', apps = '', seed = '0', slowMs = '0', pauseMs = '0', retentionMs = '0'] = process.argv.slice(2)
const say = (line: object) => {
  let left = Buffer.from(`${JSON.stringify(line)}\n`)
  while (left.length > 0) left = left.subarray(writtenOf(left))
}
const state = { working: true }
process.stdin.resume().on('end', () => {
  state.working = false
  // Whoever started it may be gone, and storage with them.
  setTimeout(() => process.exit(1), 300_000).unref()
})
const numbers = new Random(Number(seed))
const random = () => numbers.next()
const store = await openStore(url)
const witness = new VersionWitness((path, digest) => {
  say({ sent: [path, digest] })
})
const table = new ChangingTable({
  open: stale => new FaultyStore(witness.watch(store, stale), storageTrouble(random, Number(slowMs))),
  clock: systemClock,
  random,
  retentionMs: Number(retentionMs),
  working: () => state.working,
  pause: most => systemClock.sleep((random() * most * Number(pauseMs)) / 100),
})
await Promise.all(
  apps.split(',').map(app =>
    table.append(Number(app), ids => {
      say({ ids })
    }),
  ),
)
for (const complaint of witness.complaints) say({ complaint })

/** How much of it the output took; none while whoever reads it is behind. */
function writtenOf(bytes: Uint8Array): number {
  try {
    return writeSync(1, bytes)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    return 0
  }
}
