/** One SELECT over the lake's tables for whoever asks, shut off from everything else. */
export { type RestrictedAnswer, restrictedQuery } from './restrictedQuery.js'
