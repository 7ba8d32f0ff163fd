import { redact, terminalText } from '../../shared/telemetry/index.js'

/**
 * The stack's two output streams. One whose reader is gone (`npm start | tee log` and Ctrl-C, a closed window) makes
 * every further write fail: that is a request to stop, not an error to die of with parts still running.
 */
export class Terminal {
  readonly #streams: readonly NodeJS.WriteStream[]
  #isClosed = false

  /** @param closed called once, when the reader of either stream is gone */
  constructor(closed: () => void, streams: readonly NodeJS.WriteStream[] = [process.stdout, process.stderr]) {
    this.#streams = streams
    for (const stream of streams) {
      stream.on('error', () => {
        if (this.#isClosed) return
        this.#isClosed = true
        closed()
      })
    }
  }

  say(line: string): void {
    this.#write(0, line)
  }

  complain(line: string): void {
    this.#write(1, line)
  }

  #write(stream: 0 | 1, line: string): void {
    if (!this.#isClosed) this.#streams[stream]?.write(`${terminalText(redact(line))}\n`)
  }
}
