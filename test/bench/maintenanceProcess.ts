import { optimizeTable } from '../../shared/delta/maintenance/index.js'
import { openFolder } from './deltaTables.js'
import { measured } from './measure.js'
import { peakBytes } from './peakMemory.js'

/** Run by the memory benchmark in a process of its own: looks after the table in a folder, tells what it took. */
const [, , work = '', folder = ''] = process.argv
const { wallMs, result } = await measured(() => (work === 'checkpoint' ? checkpoint() : optimize()))
process.stdout.write(JSON.stringify({ ms: wallMs, files: result, peakBytes: await peakBytes() }))

async function checkpoint(): Promise<number> {
  const outcome = await (await openFolder(folder)).writeCheckpoint()
  return outcome.kind === 'written' ? outcome.numFiles : 0
}

async function optimize(): Promise<number> {
  const outcome = await optimizeTable(await openFolder(folder))
  return outcome.kind === 'optimized' ? outcome.metrics.numRemovedFiles : 0
}
