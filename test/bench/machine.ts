import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import os from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { projectRoot } from '../harness/projectRoot.js'

const run = promisify(execFile)

/**
 * The machine and the versions that a figure was measured with, as a sentence: cores and what they are, memory, system,
 * Node, Java, Python, and the packages that a file of requirements pins.
 */
export async function machineDescription(python?: string): Promise<string> {
  const [cpu] = os.cpus()
  const java = await firstLine('java', ['-version'])
  const parts = [
    `${os.availableParallelism()} cores (${cpu?.model.trim() ?? 'unknown'})`,
    `${Math.round(os.totalmem() / 2 ** 30)} GB of memory`,
    `${os.type()} ${os.release()}`,
    `Node ${process.versions.node}`,
    ...(java === undefined ? [] : [`Java ${/"([^"]+)"/.exec(java)?.[1] ?? java}`]),
    ...(python === undefined ? [] : [(await firstLine(python, ['--version'])) ?? '']),
  ]
  return `${parts.join(', ')}; load ${os.loadavg()[0]?.toFixed(1) ?? '?'} when it began; ${new Date().toISOString().slice(0, 10)}`
}

/** Versions of packages as a file of requirements of the project pins them. */
export async function pinnedVersions(file: string, packages: readonly string[]): Promise<string> {
  const text = await readFile(join(projectRoot(), file), 'utf8')
  const versions = new Map(
    [...text.matchAll(/^([\w-]+)==(\S+)$/gm)].map(([, name = '', version = '']) => [name, version]),
  )
  return packages.map(name => `${name} ${versions.get(name) ?? 'unknown'}`).join(', ')
}

/** What a program says first of its version, wherever it says it. */
async function firstLine(program: string, args: readonly string[]): Promise<string | undefined> {
  const said = await run(program, args).catch(() => undefined)
  return said === undefined ? undefined : `${said.stdout}${said.stderr}`.trim().split('\n')[0]
}
