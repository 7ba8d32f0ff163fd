import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The folder of package.json, from sources and from what they are compiled to alike. */
export function projectRoot(): string {
  let folder = import.meta.dirname
  while (!existsSync(join(folder, 'package.json')) || !existsSync(join(folder, 'test/bench'))) {
    const above = dirname(folder)
    if (above === folder) throw new Error('this is not the project')
    folder = above
  }
  return folder
}
