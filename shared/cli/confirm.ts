import { createInterface } from 'node:readline/promises'
import { Readable } from 'node:stream'

import { CliError } from './cliError.js'
import type { CommandContext } from './commandContext.js'

/**
 * Asks on the terminal, and returns when the answer is yes.
 * @throws CliError DECLINED for any other answer, and where there is nobody to ask
 */
export async function confirm(context: CommandContext, question: string): Promise<void> {
  if (context.input.isTTY !== true) {
    throw new CliError('DECLINED', 'Nobody is there to be asked; say --yes to do it. Nothing was done.')
  }
  await context.messages.write(`${question} [y/N] `)
  const lines = createInterface({ input: Readable.from(context.input), signal: context.signal })
  try {
    for await (const answer of lines) {
      if (/^\s*y(es)?\s*$/i.test(answer)) return
      break
    }
  } finally {
    lines.close()
  }
  throw new CliError('DECLINED', 'Nothing was done.')
}
