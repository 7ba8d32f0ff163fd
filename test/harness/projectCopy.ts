import { existsSync } from 'node:fs'
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import ts from 'typescript'

import { defaultLibsFolder } from '../../infra/local/kafka/index.js'

const checkout = resolve(import.meta.dirname, '..', '..')

export interface ProjectCopy {
  readonly folder: string
  /** A compiled program of it. */
  program(path: string): string
  /** Removes the folder. */
  remove(): Promise<void>
}

/**
 * The compiled project in a folder of its own, with a `.lake` of its own, so that a test can run and kill it whole.
 * @param streams a folder of test/harness whose index.ts takes the place of shared/streams/index.ts
 */
export async function copyProject(streams?: string): Promise<ProjectCopy> {
  if (!existsSync(join(checkout, 'dist', 'infra', 'local', 'main.js')))
    throw new Error('There is no dist; run `npm run build` first')
  const folder = await mkdtemp(join(tmpdir(), 'project-'))
  await cp(join(checkout, 'dist'), join(folder, 'dist'), { recursive: true })
  if (streams !== undefined) {
    for (const name of new Set([streams, 'sampleStream'])) await compileStreams(folder, name)
    await writeFile(
      join(folder, 'dist', 'shared', 'streams', 'index.js'),
      `export { streams } from '../../test/harness/${streams}/index.js'\n`,
    )
  }
  for (const file of ['package.json', 'host.json']) await copyFile(join(checkout, file), join(folder, file))
  await mkdir(join(folder, 'infra', 'local', 'kafka'), { recursive: true })
  await copyFile(join(checkout, 'infra/local/kafka/pom.xml'), join(folder, 'infra/local/kafka/pom.xml'))
  await symlink(join(checkout, 'node_modules'), join(folder, 'node_modules'))
  await mkdir(join(folder, '.lake', 'kafka'), { recursive: true })
  await symlink(defaultLibsFolder(), join(folder, '.lake', 'kafka', 'libs'))
  return {
    folder,
    program: path => join(folder, 'dist', path),
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  }
}

async function compileStreams(folder: string, streams: string): Promise<void> {
  const compiled = join(folder, 'dist', 'test', 'harness', streams)
  await mkdir(compiled, { recursive: true })
  for (const file of await readdir(join(checkout, 'test', 'harness', streams))) {
    const text = await readFile(join(checkout, 'test', 'harness', streams, file), 'utf8')
    const { outputText } = ts.transpileModule(text, {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
    })
    await writeFile(join(compiled, file.replace(/\.ts$/, '.js')), outputText)
  }
}
