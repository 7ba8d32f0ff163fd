import { describe, expect, test } from 'vitest'

import { decodeCommit } from '../../../shared/delta/actions/actionCodec.js'
import type { Action, AddFile, DomainMetadata, Metadata, Txn } from '../../../shared/delta/actions/actions.js'
import { fileKey } from '../../../shared/delta/actions/fileKey.js'
import { planSpans } from '../../../shared/delta/log/commitSpan.js'
import { checksumPath, commitPath, compactedPath, type VersionRange } from '../../../shared/delta/log/logName.js'
import { writeCompactedLog } from '../../../shared/delta/maintenance/compactedLog.js'
import { openFileList } from '../../../shared/delta/snapshot/openFileList.js'
import { readSnapshot } from '../../../shared/delta/snapshot/snapshot.js'
import { loadState } from '../../../shared/delta/snapshot/stateReader.js'
import { Random, seedNote } from '../../random.js'
import { writeAnyCheckpoint } from '../checkpoint/anyCheckpoint.js'
import { columnField, LogFixture } from '../logFixture.js'

const vector = (offset: number): AddFile['deletionVector'] => ({
  storageType: 'u',
  pathOrInlineDv: 'ab^-aqEH.-t@S}K{vb[*k^',
  offset,
  sizeInBytes: 34,
  cardinality: 1n,
})

/** What the commits say, replayed by the rules alone. */
class Model {
  readonly files = new Map<string, AddFile>()
  readonly txns = new Map<string, Txn>()
  readonly domains = new Map<string, DomainMetadata>()
  metadata: Metadata | undefined

  apply(actions: readonly Action[]): void {
    for (const action of actions) {
      if ('remove' in action) this.files.delete(fileKey(action.remove))
      else if ('add' in action) this.files.set(fileKey(action.add), action.add)
      else if ('txn' in action) this.txns.set(action.txn.appId, action.txn)
      else if ('metaData' in action) this.metadata = action.metaData
      else if ('domainMetadata' in action) {
        if (action.domainMetadata.removed) this.domains.delete(action.domainMetadata.domain)
        else this.domains.set(action.domainMetadata.domain, action.domainMetadata)
      }
    }
  }

  get shown(): unknown {
    return {
      files: [...this.files.values()].map(shownFile).sort(),
      txns: [...this.txns].sort(),
      domains: [...this.domains].sort(),
      configuration: this.metadata?.configuration,
    }
  }
}

function shownFile({ path, size, stats, deletionVector, partitionValues }: AddFile): string {
  return JSON.stringify([path, size, stats, deletionVector?.offset, partitionValues])
}

/** A random commit on what the model says; files come, go, come back, and get deletion vectors. */
function randomCommit(random: Random, model: Model, t: LogFixture, version: number): Action[] {
  const actions: Action[] = [{ commitInfo: { timestamp: version, operation: 'WRITE' } }]
  const touched = new Set<string>()
  for (let n = random.below(5); n > 0; n--) {
    const path = `${random.below(12)}.parquet`
    if (touched.has(path)) continue
    touched.add(path)
    const now = [...model.files.values()].find(file => file.path === path)
    if (now !== undefined)
      actions.push({
        remove: {
          path,
          dataChange: true,
          deletionTimestamp: version,
          deletionVector: now.deletionVector,
          size: now.size,
        },
      })
    const next =
      now === undefined || random.below(2) === 0 ? random.pick([undefined, vector(1), vector(50)]) : now.deletionVector
    if (now === undefined || next?.offset !== now.deletionVector?.offset) {
      actions.push({
        add: {
          path,
          partitionValues: {},
          size: version,
          modificationTime: 1,
          dataChange: true,
          stats: `{"numRecords":${version}}`,
          deletionVector: next,
        },
      })
    }
  }
  if (random.below(3) === 0) actions.push({ txn: { appId: random.pick(['a', 'b']), version: BigInt(version) } })
  if (random.below(4) === 0)
    actions.push({
      domainMetadata: {
        domain: random.pick(['x', 'y']),
        configuration: `{"at":${version}}`,
        removed: random.below(2) === 0,
      },
    })
  if (random.below(6) === 0) {
    const metaData = t.start().flatMap(action => ('metaData' in action ? [action.metaData] : []))[0]
    if (metaData !== undefined) actions.push({ metaData: { ...metaData, configuration: { at: String(version) } } })
  }
  return actions
}

describe('a log with compaction files', () => {
  test('reads the same as commit by commit, at every version, with checkpoints of every kind', async () => {
    const random = new Random()
    for (let round = 0; round < 12; round++) {
      const protocol = {
        minReaderVersion: 3,
        minWriterVersion: 7,
        readerFeatures: ['v2Checkpoint', 'deletionVectors'],
        writerFeatures: ['v2Checkpoint', 'deletionVectors', 'domainMetadata'],
      }
      const t = new LogFixture({ fields: [columnField('id', 'long')], protocol })
      const models: Model[] = []
      const model = new Model()
      const last = 5 + random.below(25)
      for (let version = 0; version <= last; version++) {
        const actions = randomCommit(random, model, t, version)
        await t.commit(...(version === 0 ? actions.filter(action => !('metaData' in action)) : actions))
        model.apply(decodeCommit(new TextDecoder().decode(await t.store.get(commitPath(version)))))
        const then = new Model()
        for (const [key, add] of model.files) then.files.set(key, add)
        for (const [key, txn] of model.txns) then.txns.set(key, txn)
        for (const [key, domain] of model.domains) then.domains.set(key, domain)
        then.metadata = model.metadata
        models.push(then)
        if (random.below(8) === 0) await writeAnyCheckpoint(t.store, random)
        for (let n = random.below(3); n > 0; n--) {
          const from = random.below(version + 1)
          if (from < version) await writeCompactedLog(t.store, { from, to: from + 1 + random.below(version - from) })
        }
      }
      for (let version = 0; version <= last; version++) {
        const snapshot = await readSnapshot(t.store, 0, version)
        const {
          files = [],
          txns = new Map<string, Txn>(),
          domains = new Map<string, DomainMetadata>(),
          metadata,
        } = snapshot ?? {}
        const shown = {
          files: files.map(shownFile).sort(),
          txns: [...txns].sort(),
          domains: [...domains].sort(),
          configuration: metadata?.configuration,
        }
        expect(shown, `${seedNote}, round ${round}, version ${version}`).toEqual(models[version]?.shown)
      }
      const state = await loadState(t.store)
      expect([...(state?.txns ?? [])].sort(), seedNote).toEqual([...model.txns].sort())
      expect([...(state?.domains ?? [])].sort(), seedNote).toEqual([...model.domains].sort())
      const listed: string[] = []
      for await (const actions of (await openFileList(t.store))?.actions(Infinity) ?? []) {
        for (const action of actions) if ('add' in action) listed.push(shownFile(action.add))
      }
      expect(listed.sort(), `${seedNote}, round ${round}`).toEqual([...model.files.values()].map(shownFile).sort())
    }
  })

  /** Ten versions with a file each; 2 … 6 compacted. */
  async function compacted(range: VersionRange = { from: 2, to: 6 }) {
    const t = new LogFixture({ fields: [columnField('id', 'long')] })
    for (let version = 0; version < 10; version++) {
      await t.commit({
        add: { path: `${version}`, partitionValues: {}, size: 1, modificationTime: 1, dataChange: true },
      })
    }
    await writeCompactedLog(t.store, range)
    return t
  }
  const paths = async (t: LogFixture, version?: number) =>
    (await t.snapshot(version)).files
      .map(file => file.path)
      .sort()
      .join('')

  test('is read through the file and not through what it stands for', async () => {
    const t = await compacted()
    // Nobody looks at these any more.
    for (const version of [3, 4]) await t.store.put(commitPath(version), Buffer.from('not read'))
    expect(await paths(t)).toBe('0123456789')
    expect((await loadState(t.store))?.version).toBe(9)
  })

  test('reads a version inside the range from the commits', async () => {
    const t = await compacted()
    expect(await paths(t, 4)).toBe('01234')
    expect(await paths(t, 6)).toBe('0123456')
    await t.store.put(commitPath(3), Buffer.from('damaged'))
    await expect(t.snapshot(4)).rejects.toMatchObject({ code: 'DELTA_BAD_JSON' })
    expect(await paths(t, 6)).toBe('0123456')
  })

  test.each([
    ['torn in the middle of a line', (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 20)],
    ['empty', () => new Uint8Array()],
    ['not UTF-8', () => Uint8Array.of(0xff, 0xfe, 0x00)],
    ['without what an action needs', () => Buffer.from('{"add":{"path":"x"}}\n')],
  ])('passes over a file that is %s', async (_what, damage) => {
    const t = await compacted()
    const path = compactedPath({ from: 2, to: 6 })
    await t.store.put(path, damage((await t.store.get(path)) ?? new Uint8Array()))
    expect(await paths(t)).toBe('0123456789')
    expect((await loadState(t.store))?.version).toBe(9)
  })

  test('still misses a commit that is gone under a compaction file', async () => {
    const t = await compacted()
    await t.store.delete(commitPath(4))
    await expect(t.snapshot()).rejects.toMatchObject({ code: 'DELTA_VERSION_GAP' })
  })

  test('does not guess the totals of a range', async () => {
    const t = await compacted({ from: 0, to: 9 })
    expect((await loadState(t.store))?.totals).toBeUndefined()
    await t.store.delete(compactedPath({ from: 0, to: 9 }))
    await t.store.delete(checksumPath(9))
    expect((await loadState(t.store))?.totals).toEqual({ numFiles: 10, sizeInBytes: 10n })
  })

  test('takes the file that reaches furthest, and none that reaches out of what is asked for', () => {
    const file = { path: 'f', size: 1, modifiedAt: 0 }
    const ranges = [
      { from: 1, to: 3, file },
      { from: 1, to: 5, file },
      { from: 4, to: 9, file },
      { from: 6, to: 7, file },
    ]
    const spans = (from: number, to: number) =>
      planSpans({ compacted: ranges }, from, to).map(part => `${part.from}-${part.to}`)
    expect(spans(0, 10)).toEqual(['0-0', '1-5', '6-7', '8-8', '9-9', '10-10'])
    expect(spans(1, 4)).toEqual(['1-3', '4-4'])
    expect(spans(4, 9)).toEqual(['4-9'])
    expect(spans(4, 3)).toEqual([])
  })
})
