import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { asError } from '../../shared/errors.js'
import { packageContents } from './contents.js'
import { zip } from './zip.js'

/**
 * `npm run package [-- --out FOLDER]`: writes the archive that Azure runs, `kafka-delta-functions.zip`, and the same
 * unpacked, `app/`, which azd takes.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { out: { type: 'string', default: 'dist-package' } } })
  const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')
  const out = resolve(values.out)
  const contents = await packageContents(root)
  const archive = zip(contents)
  const folder = join(out, 'app')
  rmSync(folder, { recursive: true, force: true })
  for (const { path, bytes } of contents) {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, bytes)
  }
  const file = join(out, 'kafka-delta-functions.zip')
  writeFileSync(file, archive)
  const unpacked = contents.reduce((sum, { bytes }) => sum + bytes.length, 0)
  const megabytes = (size: number) => (size / 1e6).toFixed(1)
  process.stdout.write(
    `${file}: ${megabytes(archive.length)} MB, ${megabytes(unpacked)} MB unpacked, ${contents.length} files\n`,
  )
}

main().catch((thrown: unknown) => {
  process.stderr.write(`error: ${asError(thrown).message}\n`)
  process.exit(1)
})
