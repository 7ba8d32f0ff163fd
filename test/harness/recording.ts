import type { CastLine } from './castSvg.js'

/** Nobody waits for longer between two lines. */
const longestPauseMs = 1_500

/** What terminals printed, and when, as one terminal that shows it all. */
export class Recording {
  readonly lines: CastLine[] = []
  readonly #columns: number
  readonly #folder: string
  #at = 0
  #lastSeen = performance.now()

  /** @param folder where the terminals are; it is shown as a checkout in somebody's home */
  constructor(columns: number, folder: string) {
    this.#columns = columns
    this.#folder = folder
  }

  /** A line that appears now; long pauses are shortened. */
  show(kind: CastLine['kind'], line: string): void {
    const text = line.replaceAll(this.#folder, '~/kafka-delta-functions')
    const now = performance.now()
    this.#at += Math.min(longestPauseMs, now - this.#lastSeen)
    this.#lastSeen = now
    const cut = text.length > this.#columns ? `${text.slice(0, this.#columns - 1)}…` : text
    this.lines.push({ at: this.#at, kind, text: cut })
  }

  /** Takes what a terminal prints, piece by piece, and shows its whole lines that are wanted. */
  printer(isWanted: (line: string) => boolean): (text: string) => void {
    let rest = ''
    return text => {
      const parts = (rest + text).split('\n')
      rest = parts.pop() ?? ''
      for (const line of parts) if (isWanted(line)) this.show('output', line)
    }
  }
}
