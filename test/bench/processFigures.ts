import { readFile, writeFile } from 'node:fs/promises'

/** What Linux says of a process: its memory now and at most, MB, and its processor time in hundredths of a second. */
export interface ProcessFigures {
  readonly rssMb: number
  readonly peakMb: number
  readonly cpuTicks: number
}

/**
 * Lets the most memory that a process has had begin anew from what it has now. What takes memory for a second or two is not
 * seen by looks that lie ten seconds apart.
 */
export async function forgetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5')
}

/** Of a running process. */
export async function processFigures(pid: number): Promise<ProcessFigures> {
  const [status, stat] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'utf8'),
    readFile(`/proc/${pid}/stat`, 'utf8'),
  ])
  const megabytes = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024
  // The name in brackets may hold blanks; user and system time are the 14th and 15th field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { rssMb: megabytes('VmRSS'), peakMb: megabytes('VmHWM'), cpuTicks: Number(fields[11]) + Number(fields[12]) }
}
