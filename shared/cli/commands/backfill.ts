import { catchUp, type CatchUpProgress } from '../../pipeline/bronze/index.js'
import { openCliLake, streamNamed } from '../cliLake.js'
import type { Command } from '../command.js'
import { formatOf, printReports, ProgressBar } from '../output/index.js'

/**
 * `lake backfill`: Ctrl-C leaves what is committed.
 * @throws CliError STEP_FAILED when a stream fails
 */
export const backfill: Command = {
  usage: 'backfill',
  summary: 'catch bronze up from Kafka, with a progress bar',
  about:
    'Catches bronze up from Kafka to the end offsets as they are at the start, as `lake run bronze` does, with a progress bar.',
  printsRows: true,
  examples: ['lake backfill', 'lake backfill --stream events'],
  positionals: { least: 0, most: 0 },
  options: { stream: { value: 'NAME', about: 'only that stream; all when absent' } },
  async run(context, args) {
    const format = formatOf(context, args)
    await using lake = await openCliLake(context, args)
    const name = args.text('stream')
    const bar = new ProgressBar(context.messages, () => lake.clock.monotonic())
    const stream = name === undefined ? undefined : streamNamed(lake, name)
    const kept: Kept = { earlier: 0, current: 0 }
    const onProgress = (progress: CatchUpProgress) => {
      // Each stream counts from nothing.
      if (progress.rows < kept.current) kept.earlier += kept.current
      kept.current = progress.rows
      bar.show(progress)
    }
    const interrupted = interruption(context.signal)
    try {
      const reports = await Promise.race([catchUp(lake, 'command', { stream, onProgress }), interrupted.promise])
      await bar.end()
      await printReports(context.output, format, reports)
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
  },
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
