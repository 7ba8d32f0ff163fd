import { pauseStream, pauseText, resumeStream, type StreamPause } from '../../pipeline/pause/index.js'
import { terminalText } from '../../telemetry/index.js'
import type { JsonObject } from '../../types/index.js'
import { openCliLake, streamNamed } from '../cliLake.js'
import type { Command } from '../command.js'
import { formatOf, printRecords } from '../output/index.js'
import { userName } from '../userName.js'

const columns = ['stream', 'state', 'since', 'by', 'why']

/** `lake pause`: one object of the lake, which every step of the stream asks for before it begins. */
export const pause: Command = {
  usage: 'pause <stream>',
  summary: 'let a stream stand still: no step of it does anything',
  about:
    'Pauses a stream, for every instance, until `lake resume`: deliveries of the trigger, catch-up, silver, gold, models, ' +
    'trainings and maintenance of its tables then do nothing but say so; a run that is at work ends what it has begun. ' +
    'Nothing is lost as long as Kafka keeps it: what is delivered meanwhile is passed, and read from Kafka after the ' +
    'resume. The monitor shows PAUSED, and alerts on time are quiet. Commands that change data (rebuild, replay, erase, ' +
    'backfill --from-…, rescore, train) work all the same.',
  printsRows: true,
  examples: ['lake pause events --why "the topic is moved"'],
  positionals: { least: 1, most: 1 },
  options: {
    why: { value: '"TEXT"', about: 'shown wherever the pause is' },
    by: { value: 'NAME', about: 'who does it; the user of this machine when absent' },
  },
  async run(context, args) {
    const format = formatOf(context, args)
    await using lake = await openCliLake(context, args)
    const stream = streamNamed(lake, args.positional(0))
    const note = { by: args.text('by') ?? userName(), why: args.text('why') }
    const { pause: found, isNew } = await pauseStream(lake.store, stream, note)
    if (!isNew) await context.messages.write(terminalText(`${stream.name} was paused before: ${pauseText(found)}.\n`))
    await printRecords(context.output, format, columns, [pauseJson(found, 'paused')])
  },
}

/** `lake resume`: what the stream did not take while it was paused is read by its next run. */
export const resume: Command = {
  usage: 'resume <stream>',
  summary: 'let a paused stream go on',
  about:
    'Ends a pause. Bronze goes on behind what it covers: the next delivery, or the catch-up within minutes, reads what was ' +
    'passed meanwhile, each record once.',
  printsRows: true,
  examples: ['lake resume events'],
  positionals: { least: 1, most: 1 },
  options: {},
  async run(context, args) {
    const format = formatOf(context, args)
    await using lake = await openCliLake(context, args)
    const stream = streamNamed(lake, args.positional(0))
    const ended = await resumeStream(lake.store, stream)
    if (ended === undefined) await context.messages.write(`${stream.name} is not paused.\n`)
    else await context.messages.write(terminalText(`${stream.name} was ${pauseText(ended)}.\n`))
    const json = ended === undefined ? { stream: stream.name, state: 'running' } : pauseJson(ended, 'resumed')
    await printRecords(context.output, format, columns, [json])
  },
}

function pauseJson({ stream, since, by, why }: StreamPause, state: string): JsonObject {
  return { stream, state, since: new Date(since).toISOString(), by, why: why ?? null }
}
