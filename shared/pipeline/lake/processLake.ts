import { systemClock } from '../../clock.js'
import { asError } from '../../errors.js'
import { readLocalSettings, readSettings, type Settings } from '../../settings/index.js'
import { streams } from '../../streams/index.js'
import { consoleLogger, type Logger, redactError } from '../../telemetry/index.js'
import type { Lake } from './lake.js'
import { openLake } from './openLake.js'

let opened: Promise<Lake> | undefined

/** The lake of this process, from the environment over `local.settings.json`; opened at the first call. */
export function processLake(): Promise<Lake> {
  opened ??= open()
  return opened
}

async function open(): Promise<Lake> {
  try {
    const settings = readSettings(readLocalSettings(process.cwd()))
    const log = processLog(settings)
    const isShown = settings.otelExporterPrometheusPort !== undefined
    const listeners = isShown
      ? await (await import('./runListeners.js')).openPrometheus(settings, { streams, clock: systemClock, log })
      : []
    return await openLake(settings, { log, listeners })
  } catch (thrown) {
    throw redactError(asError(thrown))
  }
}

/** Text goes to standard error; JSON to standard output, which the function host takes for neither warning nor error. */
function processLog({ logLevel: level, logFormat: format }: Settings): Logger {
  const write = (line: string) => process.stdout.write(line)
  return consoleLogger(format === 'json' ? { level, format, write } : { level })
}

/** Lets go of it, when it was opened at all. */
export async function closeProcessLake(): Promise<void> {
  const lake = await opened
  opened = undefined
  await lake?.close()
}
