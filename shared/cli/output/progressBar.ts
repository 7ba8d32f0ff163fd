import type { CatchUpProgress } from '../../pipeline/bronze/index.js'
import type { Output } from './output.js'

const barWidth = 30

/** Between two drawings, in milliseconds. */
const drawEveryMs = 100

/** One line of a terminal that grows to the right; nothing at all where there is no terminal. */
export class ProgressBar {
  readonly #output: Output
  readonly #now: () => number
  readonly #start: number
  #drawn = -Infinity
  #isEnded = false

  /** @param now milliseconds from any start */
  constructor(output: Output, now: () => number) {
    this.#output = output
    this.#now = now
    this.#start = now()
  }

  show(progress: CatchUpProgress): void {
    const now = this.#now()
    const isLast = progress.covered >= progress.total
    if (this.#isEnded || !this.#output.isTerminal || (now - this.#drawn < drawEveryMs && !isLast)) return
    this.#drawn = now
    void this.#output.control(`\r${progressText(progress, now - this.#start)}\u001b[K`).catch(() => undefined)
  }

  /** Leaves the last state and goes to the next line; nothing is drawn any more. */
  async end(): Promise<void> {
    if (this.#isEnded) return
    this.#isEnded = true
    if (this.#output.isTerminal && this.#drawn > -Infinity) await this.#output.write('\n')
  }
}

/** The line of a progress bar. The time left is reckoned from the share of the offsets that is covered so far. */
export function progressText({ rows, covered, total }: CatchUpProgress, elapsedMs: number): string {
  const share = total === 0n ? 1 : Number(covered) / Number(total)
  const filled = Math.floor(share * barWidth)
  const rate = elapsedMs === 0 ? 0 : Math.round((rows * 1000) / elapsedMs)
  const leftSeconds = share === 0 ? undefined : Math.ceil((elapsedMs * (1 / share - 1)) / 1000)
  const left = leftSeconds === undefined ? '' : `, ${leftSeconds} s left`
  const bar = `${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}`
  return `[${bar}] ${String(Math.floor(share * 100)).padStart(3)} %  ${rows.toLocaleString('en-US')} rows, ${rate.toLocaleString('en-US')}/s${left}`
}
