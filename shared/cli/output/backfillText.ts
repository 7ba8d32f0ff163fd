import type { BackfillPlan } from '../../pipeline/bronze/index.js'

/** What a backfill will do, in words. */
export function backfillText(plan: BackfillPlan): string {
  const { stream, topic, ranges, gone, untouched, unknown, stopped } = plan
  const total = ranges.reduce((sum, { start, end }) => sum + (end - start), 0n)
  const heading =
    ranges.length === 0
      ? `There is nothing to read into bronze of stream ${stream}, topic ${topic}, from there on.`
      : `This reads into bronze of stream ${stream}, topic ${topic}, ${offsetsText(total)}, and at most as many records:`
  const lines = [
    ...ranges.map(({ partition, generation, start, end, missingFrom }) => {
      const what = missingFrom === undefined ? `before generation ${generation} begins` : 'recorded as missing'
      return `partition ${partition}: ${spanText(start, end)}, ${what}`
    }),
    ...gone.map(
      ({ partition, start, end }) => `partition ${partition}: ${spanText(start, end)} are not in the topic any more`,
    ),
    ...untouched.map(partition => `partition ${partition}: never ingested; it begins by itself`),
    ...Array.from(
      unknown,
      ([partition, count]) =>
        `partition ${partition}: ${offsetsText(count)} more are missing, and which they are was not recorded then`,
    ),
    ...Array.from(stopped, ([partition, { message }]) => `partition ${partition}: not read. ${message}`),
  ]
  return `${[heading, ...lines.map(line => `  ${line}`)].join('\n')}\n`
}

const offsetsText = (count: bigint) => `${count.toLocaleString('en-US')} offset${count === 1n ? '' : 's'}`

function spanText(start: bigint, end: bigint): string {
  return end - start === 1n ? `offset ${start}` : `offsets ${start} to ${end - 1n} (${offsetsText(end - start)})`
}
