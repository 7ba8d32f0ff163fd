import type { Stream } from '../../contract/index.js'
import {
  backfill as backfillStream,
  type BackfillPlan,
  backfillPlan,
  type BackfillRequest,
  catchUp,
  type CatchUpProgress,
} from '../../pipeline/bronze/index.js'
import type { Lake } from '../../pipeline/lake/index.js'
import type { StepReport } from '../../pipeline/step/index.js'
import { terminalText } from '../../telemetry/index.js'
import type { Arguments } from '../arguments/index.js'
import { CliError } from '../cliError.js'
import { openCliLake, streamNamed } from '../cliLake.js'
import type { Command } from '../command.js'
import type { CommandContext } from '../commandContext.js'
import { confirm } from '../confirm.js'
import { backfillText, formatOf, printReports, ProgressBar } from '../output/index.js'
import { timeOption } from '../tables/index.js'

/**
 * `lake backfill`: Ctrl-C leaves what is committed. With a place to begin at it asks first.
 * @throws CliError STEP_FAILED when a stream fails, DECLINED unless the answer is yes
 */
export const backfill: Command = {
  usage: 'backfill',
  summary: 'catch bronze up from Kafka, or read what it missed, with a progress bar',
  about:
    'Catches bronze up from Kafka to the end offsets as they are at the start, as `lake run bronze` does, with a progress bar.\n' +
    'With --from-offsets or --from-time it reads instead what bronze lacks from there on: offsets before those that it began ' +
    'with, and those recorded as missing that the topic has again. Each is read once, beside the running ingestion, and by ' +
    'a second call that goes on where a killed one ended; what was covered, erased or removed for its age is not read ' +
    'again. Says what it will read and what the topic no longer has, and asks.',
  printsRows: true,
  examples: [
    'lake backfill',
    'lake backfill --stream events',
    'lake backfill --stream events --from-offsets 0:0,1:250',
    'lake backfill --from-time "2025-04-01 12:00:00" --yes',
  ],
  positionals: { least: 0, most: 0 },
  options: {
    stream: { value: 'NAME', about: 'only that stream; all when absent' },
    'from-offsets': { value: 'P:O[,P:O…]', about: 'what is missing of these partitions, each from that offset on' },
    'from-time': {
      value: '"TIME"',
      about: "what is missing of all partitions, by Kafka's timestamps; UTC without a zone",
    },
    yes: { about: 'with --from-…: do it without asking' },
  },
  async run(context, args) {
    const format = formatOf(context, args)
    const request = requestOf(args)
    await using lake = await openCliLake(context, args)
    const name = args.text('stream')
    const stream = name === undefined ? undefined : streamNamed(lake, name)
    const work =
      request === undefined
        ? (onProgress: OnProgress) => catchUp(lake, 'command', { stream, onProgress })
        : await backfillOf(context, lake, { streams: streamsOf(lake, stream, request), request, args })
    await printReports(context.output, format, await withProgress(context, lake, work))
  },
}

type OnProgress = (progress: CatchUpProgress) => void

/** @throws CliError USAGE */
function requestOf(args: Arguments): BackfillRequest | undefined {
  const [offsets, time] = [args.text('from-offsets'), timeOption(args, 'from-time')]
  if (offsets !== undefined && time !== undefined)
    throw new CliError('USAGE', '--from-offsets and --from-time say the same thing; give one of them.')
  if (time !== undefined) return { time }
  if (offsets !== undefined) return { offsets: offsetsIn(offsets) }
  if (args.flag('yes'))
    throw new CliError('USAGE', '--yes answers what --from-offsets or --from-time asks; leave it out.')
  return undefined
}

function offsetsIn(text: string): ReadonlyMap<number, bigint> {
  const offsets = new Map<number, bigint>()
  for (const part of text.split(',')) {
    const [, partition, offset] = /^\s*(\d{1,9}):(\d{1,18})\s*$/.exec(part) ?? []
    if (partition === undefined || offset === undefined)
      throw new CliError('USAGE', `--from-offsets ${text} is not of the form P:O[,P:O…], as 0:100,1:250.`)
    if (offsets.has(Number(partition)))
      throw new CliError('USAGE', `--from-offsets names partition ${Number(partition)} twice.`)
    offsets.set(Number(partition), BigInt(offset))
  }
  return offsets
}

/** Offsets are of one topic. @throws CliError USAGE where there are several streams, and none is named */
function streamsOf(lake: Lake, stream: Stream | undefined, request: BackfillRequest): readonly Stream[] {
  if (stream !== undefined) return [stream]
  if ('time' in request || lake.streams.length === 1) return lake.streams
  const names = lake.streams.map(({ name }) => name).join(', ')
  throw new CliError('USAGE', `Say of which stream the offsets are, with --stream; there are ${names}.`)
}

interface Asked {
  readonly streams: readonly Stream[]
  readonly request: BackfillRequest
  readonly args: Arguments
}

/** Says what will be read, and asks. @throws CliError DECLINED unless the answer is yes */
async function backfillOf(context: CommandContext, lake: Lake, { streams, request, args }: Asked) {
  const plans: (readonly [Stream, BackfillPlan])[] = []
  for (const stream of streams) {
    const plan = await backfillPlan(lake, stream, request)
    await context.messages.write(terminalText(backfillText(plan)))
    plans.push([stream, plan])
  }
  const hasWork = plans.some(([, { ranges }]) => ranges.length > 0)
  if (hasWork && !args.flag('yes')) await confirm(context, 'Read them?')
  return async (onProgress: OnProgress) => {
    const reports: StepReport[] = []
    for (const [stream, plan] of plans) reports.push(await backfillStream(lake, stream, plan, onProgress))
    return reports
  }
}

async function withProgress(
  context: CommandContext,
  lake: Lake,
  work: (onProgress: OnProgress) => Promise<readonly StepReport[]>,
): Promise<readonly StepReport[]> {
  const bar = new ProgressBar(context.messages, () => lake.clock.monotonic())
  const kept: Kept = { earlier: 0, current: 0 }
  const onProgress = (progress: CatchUpProgress) => {
    // Each stream counts from nothing.
    if (progress.rows < kept.current) kept.earlier += kept.current
    kept.current = progress.rows
    bar.show(progress)
  }
  const interrupted = interruption(context.signal)
  try {
    return await Promise.race([work(onProgress), interrupted.promise])
  } catch (thrown) {
    if (!context.signal.aborted) throw thrown
    await bar.end()
    const rows = (kept.earlier + kept.current).toLocaleString('en-US')
    await context.messages.write(
      `Interrupted. ${rows} rows are committed and stay; the next backfill goes on behind them.\n`,
    )
    throw thrown
  } finally {
    interrupted.forget()
    await bar.end()
  }
}

/** Rows committed so far. */
interface Kept {
  earlier: number
  current: number
}

/** A promise that rejects with the signal's reason; forgotten when it is no longer waited for. */
function interruption(signal: AbortSignal): { readonly promise: Promise<never>; forget(): void } {
  let stop: () => void = () => undefined
  const promise = new Promise<never>((_, reject) => {
    stop = () => {
      reject(signal.reason as Error)
    }
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
  promise.catch(() => undefined)
  return {
    promise,
    forget: () => {
      signal.removeEventListener('abort', stop)
    },
  }
}
