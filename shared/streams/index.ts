import type { Stream } from '../contract/index.js'
import { events } from './events.js'

/** Every declared stream; each function serves them all. */
export const streams: readonly Stream[] = [events]
