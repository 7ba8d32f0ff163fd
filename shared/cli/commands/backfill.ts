import { catchUp } from '../../pipeline/bronze/catchUpStep.js'
import { streamNamed, withLake } from '../cliLake.js'
import type { Command } from '../command.js'
import { ProgressBar } from '../progressBar.js'
import { formatOf } from '../shell.js'
import { printReports } from '../stepTable.js'

export const backfill: Command = {
  usage: 'backfill',
  summary: 'catch bronze up from Kafka, with a progress bar',
  about: 'Catches bronze up from Kafka to the end offsets as they are at the start, as `lake run bronze` does, with a progress bar.',
  positionals: { least: 0, most: 0 },
  options: { stream: { value: 'NAME', about: 'only that stream; all when absent' } },
  async run(shell, args) {
    const format = formatOf(shell, args)
    const reports = await withLake(shell, args, async lake => {
      const name = args.text('stream')
      const bar = new ProgressBar(shell.messages, () => lake.clock.monotonic())
      const stream = name === undefined ? undefined : streamNamed(lake, name)
      const done = await catchUp(lake, 'command', { stream, onProgress: progress => { bar.show(progress) } })
      await bar.end()
      return done
    })
    await printReports(shell, format, reports)
  },
}
