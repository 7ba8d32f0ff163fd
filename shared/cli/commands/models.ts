import type { Stream } from '../../contract/index.js'
import type { Lake } from '../../pipeline/lake/index.js'
import type { ChampionMove, LakeModel, ModelSummary } from '../../pipeline/training/index.js'
import type { JsonObject } from '../../types/index.js'
import type { Arguments } from '../arguments/index.js'
import { CliError } from '../cliError.js'
import { openCliLake, streamNamed } from '../cliLake.js'
import type { Command } from '../command.js'
import { type CommandContext } from '../commandContext.js'
import { type Format, formatOf, printRecords } from '../output/index.js'

/** What an action works with. */
interface Action {
  readonly context: CommandContext
  readonly format: Format
  readonly lake: Lake
  readonly stream: Stream
  readonly model: LakeModel
  readonly args: Arguments
}

const actions: Readonly<Record<string, (action: Action) => Promise<void>>> = {
  list,
  show,
  compare,
  promote,
  rollback,
  push,
}

/**
 * `lake models`: what is in the lake's `models/`, and which version scores.
 * @throws CliError USAGE, NOT_FOUND; ModelError MODEL_MISSING, MODEL_MISMATCH
 */
export const models: Command = {
  usage: `models ${Object.keys(actions).join('|')} [<version>] [<version>]`,
  summary: 'list, compare, promote and take back the versions of a model',
  about:
    "Works on the versions of a stream's model in the lake. list prints them with their figures and aliases, the newest last. " +
    'show prints one, the champion when none is named. compare prints the figures of two side by side, the champion being ' +
    'the first when one is named. promote makes a version the champion, and rollback the one that was it before; gold scores ' +
    'with it from its next run on. Where gold takes its model from a server both move the alias there, and another one that keeps the version before (previous). push brings a version to the MLflow server that is set. Each change is a row of model_runs.',
  printsRows: true,
  examples: ['lake models list', 'lake models compare 3 4', 'lake models promote 4', 'lake models rollback'],
  positionals: { least: 1, most: 3 },
  options: {
    stream: { value: 'NAME', about: 'the stream whose model it is; needed where several declare one' },
    alias: { value: 'NAME', about: 'push: an alias on the server to point to the version' },
  },
  async run(context, args) {
    const format = formatOf(context, args)
    const name = args.positional(0)
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined
    if (action === undefined)
      throw new CliError(
        'USAGE',
        `"${name}" is not something to do with models; there are ${Object.keys(actions).join(', ')}.`,
      )
    await using lake = await openCliLake(context, args)
    const { lakeModelOf } = await import('../../pipeline/training/index.js')
    const stream = streamOf(lake, args.text('stream'))
    const model = lakeModelOf(lake, stream)
    if (model === undefined) throw new CliError('NOT_FOUND', `The stream ${stream.name} declares no model.`)
    await action({ context, format, lake, stream, model, args })
  },
}

function streamOf(lake: Lake, name: string | undefined): Stream {
  if (name !== undefined) return streamNamed(lake, name)
  const declared = lake.streams.filter(stream => stream.model !== undefined)
  const [only] = declared
  if (only !== undefined && declared.length === 1) return only
  throw new CliError(
    'USAGE',
    only === undefined
      ? 'No stream declares a model.'
      : `Several streams declare a model: ${declared.map(s => s.name).join(', ')}. Name one with --stream.`,
  )
}

async function list({ context, format, lake, model }: Action): Promise<void> {
  const { listModels } = await import('../../pipeline/training/index.js')
  const { versions, others, fault } = await listModels(lake, model)
  const isOnServer = model.uri.kind === 'registry'
  const columns = ['model', 'version', 'alias', 'auc', 'precision_at_1', 'threshold', 'created_at']
  const records = versions.map(({ card, alias, metrics, serverVersion }): JsonObject => ({
    model: card.name,
    version: card.version,
    ...(isOnServer ? { server_version: serverVersion ?? null } : {}),
    alias: alias ?? null,
    auc: rounded(metrics['auc']),
    precision_at_1: rounded(metrics['precision_at_1']),
    threshold: rounded(card.threshold),
    created_at: card.createdAt,
    stream: card.stream,
    sha256: card.sha256,
  }))
  const foreign = others.map(({ version, alias }): JsonObject => ({
    model: model.name,
    version: null,
    server_version: version,
    alias: alias ?? null,
  }))
  const shown = isOnServer ? columns.toSpliced(2, 0, 'server_version') : columns
  await printRecords(context.output, format, shown, [...records, ...foreign])
  if (fault !== undefined) await context.messages.write(`${fault}\n`)
}

async function show(action: Action): Promise<void> {
  const { context, format, args } = action
  const { card, alias, metrics } = await summaryOf(action, args.positionals[1])
  const about: readonly (readonly [string, string | number | null])[] = [
    ['model', card.name],
    ['version', card.version],
    ['alias', alias ?? null],
    ['stream', card.stream],
    ['created_at', card.createdAt],
    ['sha256', card.sha256],
    ['threshold', card.threshold ?? null],
    ['features', card.features.map(({ name, column, kind }) => `${name ?? column} (${kind})`).join(', ')],
    ...Object.entries(metrics),
  ]
  if (format === 'jsonl') return printRecords(context.output, format, [], [Object.fromEntries(about)])
  const records = about.map(([name, value]) => ({ name, value: typeof value === 'number' ? String(value) : value }))
  await printRecords(context.output, format, ['name', 'value'], records)
}

async function compare(action: Action): Promise<void> {
  const { context, format, args } = action
  const [, one, two] = args.positionals
  if (one === undefined) throw new CliError('USAGE', 'a version is missing: lake models compare <version> [<version>]')
  const first = await summaryOf(action, two === undefined ? undefined : one)
  const second = await summaryOf(action, two ?? one)
  const names = [...new Set([...Object.keys(first.metrics), ...Object.keys(second.metrics)])]
  if (names.length === 0)
    throw new CliError(
      'NOT_FOUND',
      `Neither ${first.card.version} nor ${second.card.version} was trained here: they have no figures to compare.`,
    )
  const columns = ['metric', first.card.version, second.card.version, 'difference']
  const records = names.map((metric): JsonObject => {
    const [a, b] = [first.metrics[metric], second.metrics[metric]]
    return {
      metric,
      [first.card.version]: rounded(a),
      [second.card.version]: rounded(b),
      difference: a === undefined || b === undefined ? null : rounded(b - a),
    }
  })
  await printRecords(context.output, format, columns, records)
}

async function promote(action: Action): Promise<void> {
  const { promoteChampion } = await import('../../pipeline/training/index.js')
  const { lake, stream, model, args } = action
  const version = args.positionals[1]
  if (version === undefined) throw new CliError('USAGE', 'a version is missing: lake models promote <version>')
  await printMove(action, await promoteChampion(lake, stream, model, version))
}

async function rollback(action: Action): Promise<void> {
  const { rollbackChampion } = await import('../../pipeline/training/index.js')
  const { lake, stream, model } = action
  await printMove(action, await rollbackChampion(lake, stream, model))
}

/** Versions of the lake; where gold takes its model from a server, those there as well. */
async function printMove({ context, format, model }: Action, { lake, server }: ChampionMove): Promise<void> {
  const own = { model: model.name, version: lake?.version ?? null, previous: lake?.previous ?? null }
  const there = server === undefined ? {} : { server_version: server.version, server_previous: server.previous ?? null }
  await printRecords(context.output, format, Object.keys({ ...own, ...there }), [{ ...own, ...there }])
}

async function push(action: Action): Promise<void> {
  const { context, format, lake, stream, model, args } = action
  const { pinnedNote, pushVersion } = await import('../../pipeline/training/index.js')
  const { card } = await summaryOf(action, args.positionals[1])
  const files = await model.versions.loadAll(card.version)
  const alias = args.text('alias')
  const { outcome, version, runId } = await pushVersion(lake, stream, model, files, alias)
  const pinned = alias === undefined ? undefined : pinnedNote(lake, stream, model)
  if (pinned !== undefined) await context.messages.write(`${pinned}\n`)
  await printRecords(
    context.output,
    format,
    ['model', 'version', 'outcome', 'server_version', 'run_id'],
    [{ model: model.name, version: card.version, outcome, server_version: version, run_id: runId ?? null }],
  )
}

/** @throws CliError NOT_FOUND when there is no such version, or no champion where none is named */
async function summaryOf({ context, lake, model }: Action, version: string | undefined): Promise<ModelSummary> {
  const { listModels } = await import('../../pipeline/training/index.js')
  const { versions, others, fault } = await listModels(lake, model)
  if (fault !== undefined) await context.messages.write(`${fault}\n`)
  const found = versions.find(({ card, alias }) =>
    version === undefined ? alias === 'champion' : card.version === version,
  )
  if (found !== undefined) return found
  const there =
    versions.length === 0 ? 'it has none' : `there are ${versions.map(({ card }) => card.version).join(', ')}`
  if (version !== undefined) throw new CliError('NOT_FOUND', `Model ${model.name} has no version ${version}; ${there}.`)
  const foreign = others.find(({ alias }) => alias === 'champion')
  const champion =
    foreign === undefined ? 'no champion' : `no champion here, but version ${foreign.version} of the MLflow server`
  throw new CliError('NOT_FOUND', `Model ${model.name} has ${champion}; ${there}.`)
}

/** Figures are read by people; their fifth digit says nothing. */
function rounded(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(value * 1e4) / 1e4
}
