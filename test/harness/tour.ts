import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** A block of commands of the tour, and what its reader is told that they print. */
export interface TourStep {
  /** The heading above it. */
  readonly heading: string
  readonly commands: string
  /** Lines, in their order; see {@link patternOf}. */
  readonly prints: readonly string[]
}

/** The steps of docs/tour.md: each `sh` block, with the `text` block behind it. */
export function tourSteps(markdown = readFileSync(resolve(import.meta.dirname, '../../docs/tour.md'), 'utf8')) {
  const steps: { heading: string; commands: string; prints: string[] }[] = []
  let heading = ''
  for (const [, title, language, body = ''] of markdown.matchAll(/^## (.*)$|^```(\w+)\n([\s\S]*?)^```$/gm)) {
    if (title !== undefined) heading = title
    else if (language === 'sh') steps.push({ heading, commands: body, prints: [] })
    else if (language === 'text') steps.at(-1)?.prints.push(...body.trimEnd().split('\n'))
  }
  return steps as readonly TourStep[]
}

/** Whether a step starts the stack, which then runs on; its first one installs too, where nothing is installed yet. */
export function isStackStep(commands: string): boolean {
  return /^(?:npm ci && )?npm start\n$/.test(commands)
}

/** A line as a pattern: `…` is anything within the line, blanks are any blanks, and each figure any other. */
export function patternOf(line: string): RegExp {
  const pieces = line.split(/\s*…\s*/).map(piece =>
    piece
      .replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
      .replace(/\d+/g, '[\\d,.]+')
      .replace(/\s+/g, '\\s+'),
  )
  return new RegExp(pieces.join('.*'))
}

/** The first line of the tour that was not printed behind those before it; undefined when all were. */
export function missingLine(prints: readonly string[], output: string): string | undefined {
  const lines = output.split('\n')
  let from = 0
  for (const line of prints) {
    const found = lines.findIndex((printed, i) => i >= from && patternOf(line).test(printed))
    if (found === -1) return line
    from = found
  }
  return undefined
}

/** Commands running in a terminal of their own, 160 columns wide, with all that they print. */
export class Terminal {
  output = ''
  readonly ended: Promise<number>
  readonly #child: ChildProcess
  #isOver = false

  constructor(folder: string, commands: string, environment: NodeJS.ProcessEnv, saw?: (text: string) => void) {
    // `script` is the terminal: what is piped prints rows as JSON lines.
    const inside = `stty cols 160 rows 50; set -e\n${commands}`
    this.#child = spawn('script', ['-qefc', `bash -c ${quoted(inside)}`, '/dev/null'], {
      cwd: folder,
      env: { ...environment, NO_COLOR: '1' },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (bytes: Buffer) => {
        // Colours, and the spinner that npx draws over itself.
        const text = bytes
          .toString()
          .replaceAll('\r\n', '\n')
          .replace(/\u001b\[[\d;]*[A-Za-z]|[\u2800-\u28ff]/g, '')
        this.output += text
        saw?.(text)
      })
    this.ended = new Promise(done =>
      this.#child.once('close', code => {
        this.#isOver = true
        done(code ?? -1)
      }),
    )
  }

  /** As the key does it. */
  interrupt(): void {
    this.#child.stdin?.write('\u0003')
  }

  /** Waits until it has printed all of that. @throws what is missing, when it ends before */
  async prints(lines: readonly string[]): Promise<void> {
    for (;;) {
      const missing = missingLine(lines, this.output)
      if (missing === undefined) return
      if (this.#isOver) throw new Error(`It ended without printing ${missing}:\n${this.output}`)
      await new Promise(wait => setTimeout(wait, 200))
    }
  }
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`
