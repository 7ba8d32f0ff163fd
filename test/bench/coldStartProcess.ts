import { readdirSync, readFileSync } from 'node:fs'
import Module from 'node:module'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

/**
 * Run by the cold start benchmark in a process of its own: what a Functions worker does with an app, and nothing of this
 * project but the app itself. Loads the app in a folder, gives its bronze function the batch of the parent, and tells how
 * long after the start of the process the functions were listed and the batch was committed.
 */
interface Registered {
  readonly name: string
  readonly handler: (payload: unknown, context: unknown) => unknown
}

const [, , folder = ''] = process.argv
const registered: Registered[] = []
const core = {
  version: '3.9.1',
  hostVersion: '4.1037.0',
  registerHook: () => ({ dispose: () => undefined }),
  setProgrammingModel: () => undefined,
  getProgrammingModel: () => undefined,
  log: () => undefined,
  registerFunction(metadata: { readonly name: string }, handler: Registered['handler']) {
    registered.push({ name: metadata.name, handler })
    return { dispose: () => undefined }
  },
  Disposable: Object,
}
type Require = (this: unknown, id: string) => unknown
const original = Reflect.get(Module.prototype, 'require') as Require
Reflect.set(Module.prototype, 'require', function (this: unknown, id: string) {
  return id === '@azure/functions-core' ? core : original.call(this, id)
})

const { main } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { main: string }
const [start = '', end = ''] = basename(main).split('*')
for (const name of readdirSync(join(folder, dirname(main))).sort())
  if (name.startsWith(start) && name.endsWith(end)) await import(pathToFileURL(join(folder, dirname(main), name)).href)
const listedMs = performance.now()

const bronze = registered.find(({ name }) => name.startsWith('bronze_'))
if (bronze === undefined) throw new Error(`${folder} has no bronze function.`)
const batch = JSON.parse(readFileSync(0, 'utf8')) as unknown
await bronze.handler(batch, { triggerMetadata: {} })
const committedMs = performance.now()
const maps = readFileSync('/proc/self/maps', 'utf8')
process.stdout.write(
  JSON.stringify({ functions: registered.length, listedMs, committedMs, duckdb: maps.includes('libduckdb') }),
)
// Connections are kept for the next batch.
process.exit(0)
