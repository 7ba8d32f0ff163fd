import { bronzePath, scoredPath, silverPath, summaryPath } from '../../contract/tables.js'
import type { Stream } from '../../contract/stream.js'

/** The folders of a stream's tables, layer by layer. */
export function tablesOf(stream: Stream): readonly string[] {
  return [bronzePath(stream), silverPath(stream), scoredPath(stream), summaryPath(stream)]
}
