import type { Stream } from './stream.js'
import { bronzePath, driftPath, scoredPath, silverPath, summaryPath } from './tables.js'

/** The folders of a stream's tables, layer by layer. */
export function tablesOf(stream: Pick<Stream, 'name'>): readonly string[] {
  return [bronzePath(stream), silverPath(stream), scoredPath(stream), summaryPath(stream), driftPath(stream)]
}
