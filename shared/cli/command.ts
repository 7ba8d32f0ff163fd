import type { Arguments } from './arguments.js'
import type { CommandForm } from './commandSpec.js'
import type { Shell } from './commandContext.js'

/** One command of `lake`. */
export interface Command extends CommandForm {
  /** What it does, in a few words, for the list of commands. */
  readonly summary: string
  /** The same in whole sentences. */
  readonly about: string
  /** Command lines, for its help. */
  readonly examples: readonly string[]
  /** Rejects with what went wrong; anything else is success. */
  run(shell: Shell, args: Arguments): Promise<void>
}
