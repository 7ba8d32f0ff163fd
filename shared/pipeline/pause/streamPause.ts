import { randomUUID } from 'node:crypto'

import type { Stream } from '../../contract/index.js'
import { type ObjectStore, StorageError } from '../../storage/index.js'
import { asObject } from '../../types/index.js'

/** Hidden from every reader of tables. */
const folder = '_paused/'

/** A stream of which no step does anything until it is resumed. */
export interface StreamPause {
  readonly stream: string
  /** Milliseconds of the storage's clock. */
  readonly since: number
  readonly by: string
  readonly why: string | undefined
}

const placeOf = (stream: string) => `${folder}${stream}.json`

/**
 * The pause of a stream; undefined when it is not paused. What is there and cannot be read is a pause too: that somebody
 * wanted the stream to stand still is known.
 */
export async function readPause(store: ObjectStore, { name }: Pick<Stream, 'name'>): Promise<StreamPause | undefined> {
  const bytes = await store.get(placeOf(name))
  return bytes === undefined ? undefined : decoded(name, bytes).pause
}

/** The pauses of those streams that are paused, by the streams' names. One listing where there are none. */
export async function readPauses(
  store: ObjectStore,
  streams: readonly Pick<Stream, 'name'>[],
): Promise<ReadonlyMap<string, StreamPause>> {
  const there = new Set<string>()
  for await (const { path } of store.list(folder)) there.add(path)
  const pauses = new Map<string, StreamPause>()
  for (const stream of streams) {
    const pause = there.has(placeOf(stream.name)) ? await readPause(store, stream) : undefined
    if (pause !== undefined) pauses.set(stream.name, pause)
  }
  return pauses
}

/**
 * Pauses a stream: one object of the lake, put if absent, so that of several at once one pauses it.
 *
 * @returns the pause that holds, and whether it is this call's
 */
export async function pauseStream(
  store: ObjectStore,
  { name }: Pick<Stream, 'name'>,
  note: Pick<StreamPause, 'by' | 'why'>,
): Promise<{ readonly pause: StreamPause; readonly isNew: boolean }> {
  const id = randomUUID()
  const pause = { stream: name, since: await store.now(), ...note }
  const bytes = new TextEncoder().encode(JSON.stringify({ id, since: pause.since, by: note.by, why: note.why }))
  for (;;) {
    const outcome = await store.putIfAbsent(placeOf(name), bytes).catch((error: unknown) => {
      if (error instanceof StorageError && error.ambiguous) return 'unknown' as const
      throw error
    })
    if (outcome === 'created') return { pause, isNew: true }
    const there = await store.get(placeOf(name))
    if (there === undefined) continue
    const found = decoded(name, there)
    return { pause: found.pause, isNew: found.id === id }
  }
}

/** Ends a pause. @returns the pause that was; undefined when the stream was not paused */
export async function resumeStream(store: ObjectStore, stream: Pick<Stream, 'name'>): Promise<StreamPause | undefined> {
  const pause = await readPause(store, stream)
  await store.delete(placeOf(stream.name))
  return pause
}

/** A pause in words: `paused since 2025-04-01T12:00:00Z by ada: the topic moves`. */
export function pauseText({ since, by, why }: StreamPause): string {
  const time = `${new Date(since).toISOString().slice(0, 19)}Z`
  return `paused since ${time} by ${by}${why === undefined ? '' : `: ${why}`}`
}

function decoded(stream: string, bytes: Uint8Array): { readonly id: unknown; readonly pause: StreamPause } {
  const { id, since, by, why } = asObject(parsed(bytes)) ?? {}
  const time = typeof since === 'number' && Number.isFinite(new Date(since).getTime()) ? since : 0
  const pause = {
    stream,
    since: time,
    by: typeof by === 'string' ? by : 'somebody',
    why: typeof why === 'string' ? why : undefined,
  }
  return { id, pause }
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}
