import { existsSync } from 'node:fs'
import { cp, copyFile, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { defaultLibsFolder } from '../../infra/local/kafka/jars.js'

const checkout = resolve(import.meta.dirname, '..', '..')

export interface ProjectCopy {
  readonly folder: string
  /** A compiled program of it. */
  program(path: string): string
  /** Removes the folder. */
  remove(): Promise<void>
}

/** The compiled project in a folder of its own, with a `.lake` of its own, so that a test can run and kill it whole. */
export async function copyProject(): Promise<ProjectCopy> {
  if (!existsSync(join(checkout, 'dist', 'infra', 'local', 'main.js'))) throw new Error('There is no dist; run `npm run build` first')
  const folder = await mkdtemp(join(tmpdir(), 'project-'))
  await cp(join(checkout, 'dist'), join(folder, 'dist'), { recursive: true })
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
