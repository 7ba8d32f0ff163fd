/** Streams that stand still until they are resumed: one object of the lake each, which every step asks for. */
export { reportPaused } from './reportPaused.js'
export { pauseStream, pauseText, readPause, readPauses, resumeStream, type StreamPause } from './streamPause.js'
