import { type ByteRange, MemoryStore } from '../../../shared/storage/index.js'

/** A store that records what is fetched of it. */
export class RecordingStore extends MemoryStore {
  readonly fetched: { readonly path: string; readonly start: number; readonly end: number }[] = []

  override async get(path: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    const bytes = await super.get(path, range)
    const start = range?.start ?? 0
    if (bytes !== undefined) this.fetched.push({ path, start, end: start + bytes.length })
    return bytes
  }

  get bytes(): number {
    return this.fetched.reduce((sum, { start, end }) => sum + end - start, 0)
  }
}
