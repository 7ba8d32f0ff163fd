import { asError } from '../../errors.js'
import { readLocalSettings, readSettings } from '../../settings/index.js'
import { consoleLogger, redactError } from '../../telemetry/index.js'
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
    return await openLake(settings, { log: consoleLogger({ level: settings.logLevel }) })
  } catch (thrown) {
    throw redactError(asError(thrown))
  }
}

/** Lets go of it, when it was opened at all. */
export async function closeProcessLake(): Promise<void> {
  const lake = await opened
  opened = undefined
  await lake?.close()
}
