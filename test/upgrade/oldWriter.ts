import type { MemorySource } from '../../shared/sources/memory/index.js'
import type { ObjectStore, PutOutcome } from '../../shared/storage/index.js'
import { BronzeFixture, isCommit } from '../pipeline/bronze/bronzeFixture.js'
import { settings } from './oldLake.js'

/** What version 0.1.0 did not know of a partition. */
const laterFacts = /\/(topicIdHigh|topicIdLow|epoch|witness|witnessDigest|stop)$/

/**
 * Another process on the lake of `f`, whose commits to bronze are those of version 0.1.0: it asks the source for no
 * identity, and its commits carry neither later facts of partitions nor later counts. It never adopts what others found.
 */
export async function oldWriter(f: BronzeFixture): Promise<BronzeFixture> {
  return BronzeFixture.open({
    store: writingAsOld(f.store),
    source: unidentified(f.source),
    clock: f.clock,
    settings,
  })
}

/** The same topic, of which nothing is known but its records. */
function unidentified(source: MemorySource): MemorySource {
  return new Proxy(source, {
    get(target, name) {
      if (name === 'identify')
        return (_topic: string, asked: ReadonlyMap<number, number | undefined>) =>
          Promise.resolve(
            new Map(
              Array.from(asked.keys(), partition => [
                partition,
                { kind: 'known', topicId: undefined, epoch: undefined, epochEnd: undefined },
              ]),
            ),
          )
      // The topic stays when this process ends.
      if (name === 'close') return () => Promise.resolve()
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

function writingAsOld(store: ObjectStore, folder = ''): ObjectStore {
  return new Proxy(store, {
    get(target, name) {
      if (name === 'within') return (prefix: string) => writingAsOld(target.within(prefix), `${folder}${prefix}/`)
      if (name === 'putIfAbsent')
        return (path: string, bytes: Uint8Array): Promise<PutOutcome> =>
          target.putIfAbsent(path, `${folder}${path}`.startsWith('bronze/') && isCommit(path) ? asOld(bytes) : bytes)
      // A checksum is of the commit as it was before it became an old one; a table may be without.
      if (name === 'put')
        return (path: string, bytes: Uint8Array): Promise<void> =>
          path.endsWith('.crc') ? Promise.resolve() : target.put(path, bytes)
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

function asOld(commit: Uint8Array): Uint8Array {
  const lines = Buffer.from(commit).toString().split('\n')
  const kept = lines.flatMap(line => {
    if (line.startsWith('{"txn":')) return laterFacts.test(appIdOf(line)) ? [] : [line]
    const run = line.replace(/("run":\{[^}]*?),"table":"[^"]*"/, '$1')
    return [run.replace(/,"notices":\{[^}]*\}/, '').replace(/,"(?:dropped|filtered|erased)":\d+/g, '')]
  })
  return Buffer.from(kept.join('\n'))
}

function appIdOf(line: string): string {
  return (JSON.parse(line) as { txn: { appId: string } }).txn.appId
}
