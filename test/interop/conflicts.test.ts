import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { type ConflictReason, encodeAction } from '../../shared/delta/index.js'
import { before, kinds } from '../delta/transaction/conflictKinds.js'
import { reasonFor } from '../delta/transaction/conflictOutcomes.js'
import { prepareOtherReaders } from '../harness/otherReaders.js'

const exceptions: Readonly<Partial<Record<ConflictReason, string>>> = {
  protocolChanged: 'ProtocolChangedException',
  metadataChanged: 'MetadataChangedException',
  domainChanged: 'ConcurrentTransactionException',
  concurrentTransaction: 'ConcurrentTransactionException',
  concurrentAppend: 'ConcurrentAppendException',
  concurrentDeleteRead: 'ConcurrentDeleteReadException',
  concurrentDeleteDelete: 'ConcurrentDeleteDeleteException',
}

const lines = (actions: Parameters<typeof encodeAction>[0][]) => actions.map(action => encodeAction(action))

/** Spark takes half a second for a pair: all of them are asked about with `INTEROP_PAIRS=all`, else every third. */
const isAsked = (pair: number) => process.env['INTEROP_PAIRS'] === 'all' || pair % 3 === 0

/** Spark writes no deletion vector before they are turned on, so it cannot be asked what would become of it. */
const pairs = kinds
  .flatMap((winner, i) => kinds.flatMap((loser, j) => (isAsked(i + j) ? [{ winner, loser }] : [])))
  .filter(({ winner, loser }) => !(winner.name === 'turning on of vectors' && loser.name === 'delete with a vector'))

let folder: string
const outcomes = new Map<string, string>()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'conflicts-'))
  const cases = pairs.map(({ winner, loser }) => ({
    name: `${winner.name} > ${loser.name}`,
    before: lines([...before(winner, loser)]),
    winner: lines([...winner.actions('first')]),
    loser: lines([...loser.actions('second')]),
    reads: loser.reads,
  }))
  const file = join(folder, 'cases.json')
  await writeFile(file, JSON.stringify(cases))
  const others = await prepareOtherReaders()
  for (const line of (await others.run('conflicts_spark.py', [file])).trim().split('\n')) {
    const { name, outcome } = JSON.parse(line) as { name: string; outcome: string }
    outcomes.set(name, outcome)
  }
}, 1_200_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

describe("Spark's own conflict check, asked about pairs of changes", () => {
  test.each(kinds.map(({ name }) => name))('%s first: what comes second ends as in our matrix', first => {
    const of = pairs.filter(({ winner }) => winner.name === first).map(({ loser }) => loser.name)
    const asked = of.map(second => [second, outcomes.get(`${first} > ${second}`)])
    const ours = of.map(second => {
      const reason = reasonFor(first, second)
      return [second, reason === undefined ? 'ok' : exceptions[reason]]
    })
    expect(asked).toEqual(ours)
  })
})
