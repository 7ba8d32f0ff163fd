import { bronzePath, excludedCodes, type Stream } from '../../contract/index.js'
import { type Action, type AddFile, discard, removedFile, type Snapshot, type Txn } from '../../delta/index.js'
import { literal } from '../../query/index.js'
import type { Json } from '../../types/index.js'
import {
  expiredBefore,
  expiredBeforeTxn,
  firstKeptDay,
  isBefore,
  laterDay,
  lostRowsTxns,
  nextRowLoss,
  rowLossAppId,
} from '../incremental/index.js'
import { type Lake, openSession, untilCommitted } from '../lake/index.js'
import { addKinds, allKinds, type BronzeKinds, bronzeKinds, noKinds } from './bronzeKinds.js'
import { endOf, type ExpiredRows, expiryJson } from './expireDays.js'
import { unreadBy } from './followers.js'
import { openFile, writeFile } from './rewrittenFiles.js'

/** How many times in a row other writers may win. */
const maxPlans = 20
const dayColumn = '_ingest_date'
const inOrder = { orderBy: '_partition, _offset' }

/** From which days on rows stay: all of them, and the rejected ones, which have a time of their own. */
interface FirstDays {
  readonly rows: number
  readonly rejected: number | undefined
}

/** A file that has rows that are over. */
interface EndingFile {
  readonly file: AddFile
  readonly going: BronzeKinds
  /** The condition of its rows that stay; undefined when none do. */
  readonly stays: string | undefined
}

/**
 * Removes the rows of bronze whose days of ingestion are over, in one commit. What is covered stays covered. Rejected
 * records stay until their own time is over; places of erased ones stay for good, or they would be read again. Whole files
 * go; one that has rows that stay beside others is rewritten, which only files of rejected records are.
 *
 * @returns undefined when there is nothing to remove
 */
export function expireBronze(lake: Lake, stream: Stream): Promise<ExpiredRows | undefined> {
  return untilCommitted(lake, bronzePath(stream), maxPlans, () => expireOnce(lake, stream))
}

async function expireOnce(lake: Lake, stream: Stream): Promise<ExpiredRows | undefined | 'lost'> {
  const { bronze, quarantine } = stream.retention
  const path = bronzePath(stream)
  const table = lake.table(path)
  const snapshot = await table.snapshot()
  const now = await table.store.now()
  const firstDay = firstKeptDay(bronze, now)
  if (snapshot === undefined || firstDay === undefined) return undefined
  const first: FirstDays = { rows: firstDay, rejected: firstKeptDay(quarantine, now) }
  const old = snapshot.files.filter(file => isBefore(file, dayColumn, firstDay))
  if (old.length === 0 || isDone(snapshot, first)) return undefined
  const heldBy = await unreadBy(lake, stream, path, { table, state: snapshot, dayColumn, firstDay })
  if (heldBy !== undefined) return { heldBy }
  const ending = await endingFiles(lake, stream, snapshot, old, first)
  const rests = await restsOf(lake, path, snapshot, ending)
  const gone = ending.reduce((sum, { going }) => addKinds(sum, going), noKinds)
  const rows = allKinds(gone)
  const outcome = await table.commit({
    readVersion: snapshot.version,
    actions: [
      ...txnsOf(snapshot, first, gone, lake.clock.now()).map((txn): Action => ({ txn })),
      ...ending.map(({ file }): Action => ({ remove: removedFile(file, lake.clock.now()) })),
      ...rests.map((add): Action => ({ add })),
    ],
    operation: 'DELETE',
    operationParameters: { predicate: `["${endOf(dayColumn, firstDay)}"]` },
    operationMetrics: { numRemovedFiles: ending.length, numAddedFiles: rests.length, numDeletedRows: rows },
    info: { lake: { bronze: { expired: { ...gone } as Json }, ...expiryJson(dayColumn, firstDay) } },
    isBlindAppend: false,
    reads: { files: 'none', appIds: appId => appId === rowLossAppId(snapshot) },
  })
  if (outcome.kind === 'committed') return { rows, files: ending.length, version: outcome.version }
  await discard({ store: lake.store.within(path) }, rests)
  return 'lost'
}

/** Whether a run before has looked at all days that are over by now. */
function isDone(snapshot: Snapshot, { rows, rejected }: FirstDays): boolean {
  const [known, knownRejected] = [expiredBefore(snapshot), expiredBefore(snapshot, 'rejected')]
  return known !== undefined && known >= rows && (rejected === undefined || (knownRejected ?? -Infinity) >= rejected)
}

function txnsOf(snapshot: Snapshot, { rows, rejected }: FirstDays, gone: BronzeKinds, now: number): readonly Txn[] {
  const before = (day: number, of: 'rows' | 'rejected') =>
    expiredBeforeTxn(snapshot, laterDay(day, expiredBefore(snapshot, of)), now, of)
  return [
    nextRowLoss(snapshot, now),
    before(rows, 'rows'),
    ...(rejected === undefined ? [] : [before(rejected, 'rejected')]),
    ...lostRowsTxns(snapshot, 'valid', gone.valid, now),
  ]
}

async function endingFiles(
  lake: Lake,
  stream: Stream,
  snapshot: Snapshot,
  old: readonly AddFile[],
  { rejected: firstRejected }: FirstDays,
): Promise<readonly EndingFile[]> {
  const table = lake.table(bronzePath(stream))
  const rejected = `_error_code NOT IN (${excludedCodes.map(literal).join(', ')})`
  const found: EndingFile[] = []
  for (const file of old) {
    const kinds = await bronzeKinds(table, snapshot, stream, file)
    const areOver = isBefore(file, dayColumn, firstRejected)
    const going = { ...kinds, erased: 0, quarantined: areOver ? kinds.quarantined : 0 }
    const staying = allKinds(kinds) - allKinds(going)
    if (staying > 0 && allKinds(going) === 0) continue
    const stays = `_error_code = 'ERASED'${areOver ? '' : ` OR ${rejected}`}`
    found.push({ file, going, stays: staying === 0 ? undefined : stays })
  }
  return found
}

/** The rows that stay of files that go. */
async function restsOf(
  lake: Lake,
  path: string,
  snapshot: Snapshot,
  ending: readonly EndingFile[],
): Promise<readonly AddFile[]> {
  const mixed = ending.filter(({ stays }) => stays !== undefined)
  if (mixed.length === 0) return []
  await using session = await openSession(lake)
  const rewriting = { lake, session, path, snapshot }
  const rests: AddFile[] = []
  for (const { file, stays = '' } of mixed) {
    using view = await openFile(rewriting, file)
    const rest = `SELECT * FROM (${view.sql}) WHERE ${stays}`
    const written = await writeFile(rewriting, rest, file.partitionValues, inOrder)
    if (written !== undefined) rests.push(written)
  }
  return rests
}
