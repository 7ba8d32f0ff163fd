import { execFile, spawn } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const root = join(import.meta.dirname, '../..')

/** Builds what the command line runs: what is killed is the compiled program, with its worker threads. */
export async function build(): Promise<void> {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  await promisify(execFile)(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root })
}

export interface LakeProcess {
  /** SIGKILL. */
  kill(): void
  /** How it ended: an exit code, or null when it was killed. */
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>
}

/** Starts `lake …` as a process of its own. */
export function startLake(environment: Readonly<Record<string, string>>, ...words: readonly string[]): LakeProcess {
  const child = spawn(process.execPath, [join(root, 'dist/shared/cli/main.js'), ...words], {
    env: { PATH: process.env['PATH'], TMPDIR: process.env['TMPDIR'], ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const ended = new Promise<{ code: number | null; stderr: string }>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => {
      resolve({ code, stderr })
    })
  })
  return { kill: () => void child.kill('SIGKILL'), ended }
}
