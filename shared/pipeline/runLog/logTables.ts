import { bronzePath, driftPath, scoredPath, silverPath, type Stream, summaryPath } from '../../contract/index.js'

/** The folders of a stream's tables, layer by layer. */
export function tablesOf(stream: Stream): readonly string[] {
  return [bronzePath(stream), silverPath(stream), scoredPath(stream), summaryPath(stream), driftPath(stream)]
}
