import { accessSync, constants, statSync } from 'node:fs'

import type { TextCheck } from './settingText.js'

/** Checks of settings that name files and folders of this machine, as they are on the disk now. */

/** A folder that is there and can be written to. */
export const folderFault: TextCheck = value => {
  try {
    if (!statSync(value).isDirectory()) return 'expected a folder, and it is a file'
    accessSync(value, constants.W_OK)
    return undefined
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    if (code === 'ENOENT') return 'expected a folder that is there; create it, or leave the setting empty'
    return `expected a folder that can be written to (${code ?? 'unknown error'})`
  }
}

/** PEM text of that kind, or a file that can be read. */
export const pemFault =
  (kind: 'CERTIFICATE' | 'PRIVATE KEY'): TextCheck =>
  value => {
    const expected = `expected the PEM text of a ${kind.toLowerCase()}, or the path of a file that can be read`
    if (!value.includes('-----')) return isReadableFile(value) ? undefined : expected
    const block = new RegExp(`-----BEGIN ([A-Z0-9 ]*${kind})-----\\s+[A-Za-z0-9+/=:,.\\s-]+-----END \\1-----`)
    // Environments have no real line breaks: escaped ones count.
    return block.test(value.replace(/\\n/g, '\n')) ? undefined : expected
  }

function isReadableFile(path: string): boolean {
  try {
    if (!statSync(path).isFile()) return false
    accessSync(path, constants.R_OK)
    return true
  } catch {
    return false
  }
}
