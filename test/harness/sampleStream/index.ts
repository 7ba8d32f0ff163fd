import type { Stream } from '../../../shared/contract/index.js'
import { events } from './events.js'

/** In place of shared/streams/index.ts: the stream that ships, alone. */
export const streams: readonly Stream[] = [events]
