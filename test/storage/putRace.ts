import { spawn } from 'node:child_process'
import { once } from 'node:events'

const storeModule = new URL('../../shared/storage/localDisk/localDisk.ts', import.meta.url).href

/** Loads this project's TypeScript in a plain Node process: types are stripped by Node, `./x.js` means `./x.ts`. */
const writerProgram = `
import { registerHooks } from 'node:module'
registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier.startsWith('.') && specifier.endsWith('.js') ? specifier.slice(0, -3) + '.ts' : specifier, context),
})
const { LocalDiskStore } = await import(process.env.STORE_MODULE)
const store = new LocalDiskStore(process.env.ROOT)
const bytes = new TextEncoder().encode('writer ' + process.env.WRITER)
process.send('ready')
process.once('message', async names => {
  const created = []
  for (const name of names) if ((await store.putIfAbsent(name, bytes)) === 'created') created.push(name)
  process.send(created)
  process.disconnect()
})
`

/** Lets processes of their own put the same names, all at once; answers which names each of them created. */
export async function raceInProcesses(
  root: string,
  names: readonly string[],
  processes: number,
): Promise<readonly (readonly string[])[]> {
  const children = Array.from({ length: processes }, (_, writer) =>
    spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', writerProgram], {
      env: { ...process.env, NODE_OPTIONS: '', STORE_MODULE: storeModule, ROOT: root, WRITER: String(writer) },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    }),
  )
  try {
    const died = Promise.race(
      children.map(async child => {
        const [code] = (await once(child, 'exit')) as [number | null]
        if (code !== 0) throw new Error(`A writer ended with ${String(code)}.`)
        return new Promise<never>(() => undefined)
      }),
    )
    await Promise.race([died, Promise.all(children.map(child => once(child, 'message')))])
    const answers = children.map(child => once(child, 'message'))
    for (const child of children) child.send(names)
    const created = await Promise.race([died, Promise.all(answers)])
    return created.map(([own]) => own as readonly string[])
  } finally {
    for (const child of children) child.kill()
  }
}
