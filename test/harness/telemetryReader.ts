import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

import { pythonHome } from './pythonHome.js'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')
const scripts = join(root, 'test/interop')

/** Messages as they were sent. */
export interface Messages {
  readonly traces: readonly string[]
  readonly metrics: readonly string[]
  readonly lineage: readonly string[]
}

/** What OpenTelemetry's and OpenLineage's own code makes of them. */
export interface ReadMessages {
  readonly spans: readonly {
    readonly name: string
    readonly traceId: string
    readonly kind: number
    readonly attributes: Readonly<Record<string, unknown>>
    readonly links: readonly string[]
    readonly status: readonly [number, string]
    readonly resource: Readonly<Record<string, unknown>>
  }[]
  readonly points: readonly {
    readonly name: string
    readonly unit: string
    readonly kind: string
    readonly value: number
    readonly attributes: Readonly<Record<string, unknown>>
  }[]
  readonly events: readonly {
    readonly type: string
    readonly job: string
    readonly facets: Readonly<Record<string, string>>
    readonly inputs: readonly { readonly facets: Readonly<Record<string, string>> }[]
    readonly outputs: readonly { readonly facets: Readonly<Record<string, string>> }[]
  }[]
}

/**
 * Reads messages by the packages that the makers of both publish in Python, installed once into the project's ignored
 * folder from pinned requirements; needs Python 3.11.
 *
 * @throws what those packages say against a message
 */
export async function readMessages(messages: Messages): Promise<ReadMessages> {
  const { python } = await pythonHome({ name: 'telemetry' })
  const folder = await mkdtemp(join(tmpdir(), 'telemetry-'))
  try {
    const input = join(folder, 'input.json')
    await writeFile(input, JSON.stringify(messages))
    const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' }
    const { stdout } = await run(python, [join(scripts, 'read_telemetry.py'), input], { env, maxBuffer: 1 << 26 })
    return JSON.parse(stdout) as ReadMessages
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
