import { tmpdir } from 'node:os'

import { CliError } from '../../shared/cli/cliError.js'
import type { CommandContext } from '../../shared/cli/commandContext.js'
import { runCommandLine } from '../../shared/cli/commandLine.js'
import type { Output } from '../../shared/cli/output/output.js'

/** Keeps what is written. */
export class TextOutput implements Output {
  readonly isTerminal: boolean
  readonly columns: number
  text = ''
  /** Writes after so many characters fail, as when the reader of a pipe has gone. */
  readonly closesAt: number

  constructor(options: { readonly isTerminal?: boolean; readonly columns?: number; readonly closesAt?: number } = {}) {
    this.columns = options.columns ?? 80
    this.isTerminal = options.isTerminal ?? false
    this.closesAt = options.closesAt ?? Infinity
  }

  write(text: string): Promise<void> {
    if (this.text.length >= this.closesAt) return Promise.reject(new CliError('OUTPUT_CLOSED', 'closed'))
    this.text += text
    return Promise.resolve()
  }

  control(sequence: string): Promise<void> {
    return this.write(sequence)
  }

  end(): Promise<void> {
    return Promise.resolve()
  }
}

export interface CommandResult {
  readonly code: number
  readonly output: string
  readonly messages: string
}

export interface TestShellOptions {
  readonly environment?: Readonly<Record<string, string>>
  readonly input?: string
  readonly output?: TextOutput
  readonly projectFolder?: string
  readonly messages?: TextOutput
  readonly signal?: AbortSignal
}

/** Runs one command line in this process. */
export async function lake(words: readonly string[], options: TestShellOptions = {}): Promise<CommandResult> {
  const output = options.output ?? new TextOutput()
  const messages = options.messages ?? new TextOutput()
  const shell: CommandContext = {
    output,
    messages,
    input: (async function* () {
      await Promise.resolve()
      yield options.input ?? ''
    })(),
    environment: options.environment ?? {},
    projectFolder: options.projectFolder ?? tmpdir(),
    workingFolder: tmpdir(),
    signal: options.signal ?? new AbortController().signal,
  }
  const code = await runCommandLine(shell, words)
  return { code, output: output.text, messages: messages.text }
}
