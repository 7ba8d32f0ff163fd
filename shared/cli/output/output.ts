import type { Writable } from 'node:stream'

import { terminalText } from '../../telemetry/index.js'
import { CliError } from '../cliError.js'

/** Where text goes: a terminal, a pipe or a file. */
export interface Output {
  readonly isTerminal: boolean
  /** Characters of a terminal's line; 80 when unknown. */
  readonly columns: number
  /**
   * Writes text; on a terminal without anything that the terminal would obey. Resolves when more may be written, so that a large result is never held whole.
   * @throws CliError OUTPUT_CLOSED when the reader has gone
   */
  write(text: string): Promise<void>
  /** Moves a terminal's cursor and the like: the only text that reaches a terminal as it is. */
  control(sequence: string): Promise<void>
  /** Resolves when everything has left the process. Never throws. */
  end(): Promise<void>
}

/** A stream of the process. A reader that goes away early (`| head`) ends the output, and is no error of the stream. */
export class StreamOutput implements Output {
  readonly isTerminal: boolean
  readonly #stream: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  #closed = false
  #waiting: (() => void)[] = []

  constructor(stream: Writable & { readonly isTTY?: boolean; readonly columns?: number }) {
    this.#stream = stream
    this.isTerminal = stream.isTTY === true
    const wake = () => {
      for (const resume of this.#waiting.splice(0)) resume()
    }
    const close = () => {
      this.#closed = true
      wake()
    }
    stream.on('error', close)
    stream.on('close', close)
    stream.on('drain', wake)
  }

  get columns(): number {
    return this.#stream.columns ?? 80
  }

  write(text: string): Promise<void> {
    return this.control(this.isTerminal ? terminalText(text) : text)
  }

  async control(text: string): Promise<void> {
    if (!this.#closed && !this.#stream.write(text)) await new Promise<void>(resolve => this.#waiting.push(resolve))
    if (this.#closed) throw new CliError('OUTPUT_CLOSED', 'The output was closed.')
  }

  async end(): Promise<void> {
    if (this.#closed) return
    await new Promise<void>(resolve => {
      this.#waiting.push(resolve)
      this.#stream.write('', () => {
        resolve()
      })
    })
  }
}
