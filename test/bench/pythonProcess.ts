import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A Python process that answers each line of JSON with one, and stays warm in between. */
export interface PythonProcess {
  /** @throws Error with what Python says */
  ask(request: object): Promise<Readonly<Record<string, number>>>
  close(): Promise<void>
}

/** @param python the interpreter */
export function startPython(python: string, script: string): PythonProcess {
  const child = spawn(python, [script], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  })
  const exited = new Promise<void>(resolve =>
    child.once('exit', () => {
      resolve()
    }),
  )
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`)
      const line = await answers.next()
      if (line.done === true) throw new Error('Python has ended')
      const answer = JSON.parse(line.value) as Record<string, number> & { readonly error?: string }
      if (answer.error !== undefined) throw new Error(`Python: ${answer.error}`)
      return answer
    },
    async close() {
      child.stdin.end()
      await exited
    },
  }
}
