import type { Stream } from '../../contract/index.js'
import type { Lake } from '../lake/index.js'
import type { StepRun } from '../step/index.js'
import type { ErasureKeys } from './erasureKeys.js'
import type { ErasureNote } from './erasureReport.js'

/** Keys of one stream that are being erased. */
export interface Erasure {
  readonly lake: Lake
  readonly stream: Stream
  readonly keys: ErasureKeys
  readonly run: StepRun
  readonly note: ErasureNote
}
