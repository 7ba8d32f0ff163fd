import type { Output } from './output/index.js'

/** What a command has of the process it runs in; tests bring their own. */
export interface CommandContext {
  readonly output: Output
  /** Standard error: progress, questions, what is not the result. */
  readonly messages: Output
  readonly input: AsyncIterable<Uint8Array | string> & { readonly isTTY?: boolean | undefined }
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The checkout: where `local.settings.json` and the running stack's state are. */
  readonly projectFolder: string
  /** What relative paths of the user's are relative to. */
  readonly workingFolder: string
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
}
