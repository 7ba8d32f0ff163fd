import { spawn } from 'node:child_process'

/** A command that waits for this process to be gone. */
export interface OrphanGuard {
  /** What it watches over has ended in order: nothing is to be done any more. */
  dismiss(): void
}

/**
 * Runs a command when this process is gone, however it ended: for programs that would not notice it themselves. A pipe
 * that only this process holds open shows it.
 */
export function guardAgainstOrphan(command: readonly string[]): OrphanGuard {
  const script = 'while read -r _; do :; done; exec "$@"'
  // A session of its own: Ctrl-C in the terminal is for the stack, which ends its parts in order.
  const child = spawn('sh', ['-c', script, 'orphan-guard', ...command], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  child.once('error', () => undefined)
  child.stdin.once('error', () => undefined)
  child.unref()
  const pipe = child.stdin as typeof child.stdin & { unref?: () => void }
  pipe.unref?.()
  return {
    dismiss() {
      child.kill('SIGKILL')
      child.stdin.destroy()
    },
  }
}

/** Asks a process to end, and after twenty seconds ends it. */
export function endingOf(pid: number): readonly string[] {
  const script =
    'kill -TERM "$0" || exit 0; for _ in $(seq 100); do sleep 0.2; kill -0 "$0" || exit 0; done; kill -KILL "$0"'
  return ['sh', '-c', script, String(pid)]
}
