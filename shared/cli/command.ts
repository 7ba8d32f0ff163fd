import type { Arguments, CommandSpec } from './arguments/index.js'
import type { CommandContext } from './commandContext.js'

/** One command of `lake`. */
export interface Command extends CommandSpec {
  /** What it does, in a few words, for the list of commands. */
  readonly summary: string
  /** The same in whole sentences. */
  readonly about: string
  /** Command lines, for its help. */
  readonly examples: readonly string[]
  /** Resolves on success. @throws what went wrong */
  run(context: CommandContext, args: Arguments): Promise<void>
}
