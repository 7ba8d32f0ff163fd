import { readFile } from 'node:fs/promises'
import { openFolder } from './deltaTables.js'
import { measured } from './measure.js'

/** Run by the memory benchmark in a process of its own: writes a checkpoint of the table in a folder, tells what it took. */
const [, , folder = ''] = process.argv
const table = await openFolder(folder)
const { wallMs, result } = await measured(async () => {
  const outcome = await table.writeCheckpoint()
  return outcome.kind === 'written' ? outcome.numFiles : 0
})
process.stdout.write(JSON.stringify({ ms: wallMs, files: result, peakBytes: await peakBytes() }))

/** The system's own figure where it has one: that of the runtime counts what the parent took before this process began. */
async function peakBytes(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '')
  const [, kilobytes] = /^VmHWM:\s*(\d+) kB/m.exec(status) ?? []
  return kilobytes === undefined ? process.resourceUsage().maxRSS * 1024 : Number(kilobytes) * 1024
}
