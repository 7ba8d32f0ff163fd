import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

const root = join(import.meta.dirname, '../../..')

/** Calls that change what is stored. Stores are called so everywhere: `store`, `#store`, `…Store`. */
const writeCall = /\.(?:put|putIfAbsent)\(|\b(?:store|\w+Store)\.(?:create|delete)\(/g
const otherName = /\b(\w+)\??: ObjectStore\b/g

/** Whether the name says that it is a store, so that a write through it is found. */
const isStoreName = (name: string) => name === 'store' || name.endsWith('Store')

function sourcesOf(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.ts'))
    .map(path => join(folder, path))
    .filter(path => !path.startsWith('shared/storage/'))
}

/** A place in the code that changes what is stored. */
export interface WriteSite {
  /** `file:line`. */
  readonly place: string
  readonly code: string
}

/** Every place in the code of a folder that changes what is stored: the code's own list of its durable steps. */
export function writeSites(folder: string): readonly WriteSite[] {
  return sourcesOf(folder).flatMap(file =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .map((line, i) => ({ place: `${file}:${i + 1}`, code: line.trim() }))
      .filter(({ code }) => code.match(writeCall) !== null),
  )
}

/** Folders of what trains, copies and points to models. */
export const ofModels: readonly string[] = ['shared/models/', 'shared/pipeline/models/', 'shared/pipeline/training/']

/** Places of the engine that only a pipeline comes to. */
export const seenByLake = ({ place }: WriteSite): boolean =>
  /^shared\/delta\/(dataFiles\/dataFile|snapshot\/checksumFile)\.ts/.test(place)

/** Places that no table and no lake in memory comes to, and the tests that do. */
const elsewhere: readonly (readonly [RegExp, string])[] = [
  // A checkpoint of more than eight megabytes.
  [/^shared\/delta\/checkpoint\/checkpointUpload\.ts.*store\.create/, 'test/delta/checkpoint/checkpointWriter.test.ts'],
  // Sidecars of a checkpoint that could not be finished.
  [
    /^shared\/delta\/checkpoint\/v2CheckpointWriter\.ts.*store\.delete/,
    'test/delta/checkpoint/checkpointWriter.test.ts',
  ],
  // The files of an MLflow server, which are none of the lake.
  [/^shared\/models\/mlflow\//, 'test/models/mlflow/managedServers.test.ts'],
]

/** The test that covers a place which no matrix of deaths comes to; undefined where there is none. */
export function seenElsewhere({ place, code }: WriteSite): string | undefined {
  return elsewhere.find(([pattern, test]) => pattern.test(`${place} ${code}`) && existsSync(join(root, test)))?.[1]
}

/** Stores by names under which a write would not be found. */
export function misnamedStores(): readonly string[] {
  return sourcesOf('shared').flatMap(file =>
    [...readFileSync(join(root, file), 'utf8').matchAll(otherName)]
      .map(([, name = '']) => name)
      .filter(name => !isStoreName(name))
      .map(name => `${file}: ${name}`),
  )
}

/** The place in the code that has called a store, this being called within the store; undefined for a test's own call. */
export function callingSite(): string | undefined {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 30
  const stack = new Error().stack ?? ''
  Error.stackTraceLimit = stackTraceLimit
  for (const [, path = '', line = ''] of stack.matchAll(/(?:file:\/\/)?(\/[^():\n]+):(\d+):\d+\)?$/gm)) {
    const file = relative(root, path)
    if (file.startsWith('shared/storage/') || file.startsWith('test/harness/failpoints/')) continue
    return file.startsWith('shared/') ? `${file}:${line}` : undefined
  }
  return undefined
}
