import { openFolder } from './deltaTables.js'
import { measured } from './measure.js'

/** Run by the memory benchmark in a process of its own: writes a checkpoint of the table in a folder, tells what it took. */
const [, , folder = ''] = process.argv
const table = await openFolder(folder)
const { wallMs, result } = await measured(async () => {
  const outcome = await table.writeCheckpoint()
  return outcome.kind === 'written' ? outcome.numFiles : 0
})
process.stdout.write(JSON.stringify({ ms: wallMs, files: result, peakBytes: process.resourceUsage().maxRSS * 1024 }))
