import { asError } from '../../errors.js'
import { type Row, textOf } from '../../types/index.js'
import type { Lake } from '../lake/index.js'
import { modelPlace, readModelStatus } from '../models/index.js'
import { type AddedRows, addedRows } from './addedRows.js'
import { addToDays } from './costDays.js'
import {
  emptyOverview,
  fewRoutine,
  limits,
  type ModelOverview,
  type NotableEvent,
  type Overview,
  type ReadUpTo,
} from './overview.js'
import { readOverview, writeOverview } from './overviewFile.js'
import { findExamples, keepExamples } from './rejectedExamples.js'
import { foldTables } from './tableOverviews.js'
import { foldTasks } from './taskOverviews.js'
import { timeOf } from './taskRun.js'

/**
 * Brings the lake's overview up to what the tables say now, and writes it. Best effort: what cannot be read is left as it
 * was and said in the log, and nothing is thrown.
 */
export async function renewOverview(lake: Lake): Promise<void> {
  try {
    const before = (await readOverview(lake.store)) ?? emptyOverview
    await writeOverview(lake.store, await renewed(lake, before))
  } catch (error) {
    lake.log.warn('The overview of the lake cannot be renewed; its page shows an older one.', {
      error: asError(error).message,
    })
  }
}

async function renewed(lake: Lake, before: Overview): Promise<Overview> {
  const now = await lake.store.now()
  const monitor = await added(lake, before, 'monitor_logs')
  const runs = await added(lake, before, 'cluster_logs')
  const models = await added(lake, before, 'model_runs')
  const tables = foldTables(monitor?.continues === false ? {} : before.tables, monitor?.rows ?? [], now)
  const isSame = runs?.continues !== false
  const tasks = foldTasks(isSame ? before.tasks : [], runs?.rows ?? [], now)
  const { minimumExecutionMs } = lake.prices
  const read: Record<string, ReadUpTo> = { ...before.read }
  for (const [path, table] of Object.entries({ monitor_logs: monitor, cluster_logs: runs, model_runs: models }))
    if (table !== undefined) read[path] = table.read
  const examples = await newExamples(lake, before, read)
  const happened = [...tables.events, ...tasks.events, ...(models?.rows ?? []).flatMap(row => modelEvent(row) ?? [])]
  return {
    writtenAt: now,
    tables: tables.tables,
    tasks: tasks.tasks,
    days: addToDays(isSame ? before.days : {}, runs?.rows ?? [], minimumExecutionMs, now, limits.days),
    events: newestEvents(before.events, happened),
    examples,
    models: await modelsOf(lake),
    read,
  }
}

/** A table that cannot be read keeps what is known of it. */
async function added(lake: Lake, { read }: Overview, path: string): Promise<AddedRows | undefined> {
  try {
    return await addedRows(lake.table(path), read[path])
  } catch (error) {
    lake.log.warn(`The overview goes without the newest rows of ${path}.`, { error: asError(error).message })
    return undefined
  }
}

async function newExamples(lake: Lake, before: Overview, read: Record<string, ReadUpTo>) {
  let { examples } = before
  for (const stream of lake.streams) {
    const key = `examples of ${stream.name}`
    try {
      const found = await findExamples(lake, stream, before.read[key])
      if (found.read !== undefined) read[key] = found.read
      const earlier = found.hasLosses ? examples.filter(example => example.stream !== stream.name) : examples
      examples = keepExamples(earlier, found.examples)
    } catch (error) {
      lake.log.warn(`The overview goes without new examples of ${stream.name}.`, { error: asError(error).message })
    }
  }
  return examples
}

/** The newest first, each once: what a table is read again from is there already. */
function newestEvents(before: readonly NotableEvent[], happened: readonly NotableEvent[]): readonly NotableEvent[] {
  const cut = happened.map(event => ({ ...event, text: event.text.slice(0, limits.text) }))
  const known = new Map([...before, ...cut].map(event => [JSON.stringify([event.at, event.kind, event.about]), event]))
  const newestFirst = [...known.values()].sort((a, b) => b.at - a.at)
  return fewRoutine(newestFirst, limits.routineEvents).slice(0, limits.events)
}

function modelEvent(row: Row): NotableEvent | undefined {
  const [at, model] = [timeOf(row['run_time']), textOf(row, 'model')]
  if (at === undefined || model === undefined) return undefined
  const version = textOf(row, 'version')
  const what = `${textOf(row, 'event') ?? 'changed'}${version === undefined ? '' : ` version ${version}`}`
  const reason = textOf(row, 'reason')
  return { at, kind: 'model', about: model, text: reason === undefined ? what : `${what}: ${reason}` }
}

async function modelsOf(lake: Lake): Promise<readonly ModelOverview[]> {
  const models: ModelOverview[] = []
  for (const stream of lake.streams) {
    if (stream.model === undefined) continue
    try {
      const place = modelPlace(lake, stream)
      if (place === undefined) continue
      const [champion, scoring] = [await place.source.champion(), await readModelStatus(place, 'scoring')]
      const version = scoring?.fault === undefined ? champion?.version : scoring.version
      models.push({ stream: stream.name, uri: place.text, version, fault: scoring?.fault?.message })
    } catch (error) {
      models.push({ stream: stream.name, uri: stream.model.uri, version: undefined, fault: asError(error).message })
    }
  }
  return models
}
