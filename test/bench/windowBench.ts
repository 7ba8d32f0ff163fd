import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

import { startAzurite } from '../harness/azurite.js'
import { instanceMb, instanceMemory } from './instance.js'

const run = promisify(execFile)

/** Where the lake of a measurement is. */
export type WindowStorage = 'disk' | 'azurite'

/** How its silver comes about: written by the engine, or brought through the pipeline. */
export type WindowFill = 'fill' | 'pipeline'

/** One line of a table: a figure of silver with so many rows in its window. */
export interface WindowMeasure {
  readonly name: string
  readonly figure: string
}

type Figures = Readonly<Record<string, number>>

/**
 * Runs of silver of 60,000 events, one in a hundred a duplicate of a row anywhere in a window of seven days, with random
 * keys; for each size of the window with the key index, and without it where that is not too slow. Every part is a
 * process of its own. Memory is the most that the process had.
 *
 * @param sizes rows in the window, each
 */
export async function* windowBench(
  sizes: readonly number[] = [1_000_000],
  storage: WindowStorage = 'disk',
  fill: WindowFill = 'fill',
): AsyncGenerator<WindowMeasure> {
  let first: Figures | undefined
  for (const rows of sizes) {
    const folder = await mkdtemp(join(tmpdir(), 'lake-window-'))
    const azurite = storage === 'disk' ? undefined : await startAzurite()
    const lake: Readonly<Record<string, string>> =
      azurite === undefined
        ? { LAKE_URL: pathToFileURL(folder).href }
        : { LAKE_URL: `${azurite.url}/lake`, LAKE_CONNECTION_STRING: azurite.connectionString }
    const part = async (name: string, index: 'on' | 'off'): Promise<Figures> => {
      const script = join(import.meta.dirname, 'windowProcess.js')
      const settings = JSON.stringify({ ...lake, INSTANCE_MEMORY_MB: String(instanceMb), SILVER_KEY_INDEX: index })
      const args = [...instanceMemory.nodeArgs, script, name, String(rows), settings]
      const { stdout } = await run(process.execPath, args, { env: { ...process.env, ...instanceMemory.env } })
      return JSON.parse(stdout) as Figures
    }
    const line = (name: string, figure: string): WindowMeasure => ({
      name: `${rows.toLocaleString('en-US')} rows, ${name}`,
      figure,
    })
    try {
      yield line('index', indexFigure(await part(fill, 'on')))
      yield line('index opened cold', coldFigure(await part('cold', 'on')))
      const warm = await part('on', 'on')
      first ??= warm
      yield line('warm run', warmFigure(warm, first))
      if (rows <= 20_000_000) yield line('run that reads all keys', warmFigure(await part('off', 'off'), first))
    } finally {
      await azurite?.stop()
      await rm(folder, { recursive: true, force: true })
    }
  }
}

const megabytes = (bytes = 0) => `${(bytes / 1e6).toFixed(1)} MB`

function indexFigure({ fillCpu = 0, buildMicros = 0, bytesPerKey = 0, segments = 0 }: Figures): string {
  return `${bytesPerKey.toFixed(3)} bytes a key in ${segments} segments, built in ${buildMicros.toFixed(2)} µs CPU a key; filled in ${fillCpu.toFixed(0)} s CPU`
}

function coldFigure({ seconds = 0, cpu = 0, bytes = 0, peakBefore = 0, peak = 0 }: Figures): string {
  return `${seconds.toFixed(2)} s, ${cpu.toFixed(2)} s CPU, ${megabytes(bytes)} fetched, ${megabytes(peak)} of memory at most (${megabytes(peakBefore)} before)`
}

function warmFigure(figures: Figures, first: Figures): string {
  const { cpu = 0, seconds = 0, bytes = 0, requests = 0, stretches = 0, peak = 0 } = figures
  const ratio = (name: string) => ((figures[name] ?? 0) / (first[name] ?? 1)).toFixed(2)
  return (
    `${cpu.toFixed(2)} s CPU (${ratio('cpu')}×), ${seconds.toFixed(2)} s, ${megabytes(bytes)} fetched (${ratio('bytes')}×) ` +
    `by ${requests} requests, ${stretches} stretches, ${megabytes(peak)} of memory (${ratio('peak')}×)`
  )
}
