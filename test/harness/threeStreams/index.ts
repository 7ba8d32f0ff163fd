import type { Stream } from '../../../shared/contract/index.js'
import { events } from '../sampleStream/events.js'
import { orders } from './orders.js'
import { readings } from './readings.js'

/** In place of shared/streams/index.ts: streams of different shapes, the one that ships among them. */
export const streams: readonly Stream[] = [orders, events, readings]
