import { realpathSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { StorageError } from '../storageError.js'
import { type AzureBlobAddress, isSameAccount, parseAzureBlobAddress } from './azureBlobAddress.js'
import { redactedAddress } from './redactedAddress.js'

/**
 * Places outside a table that its log may name. What a log says is not what the user says: whoever wrote the table could
 * otherwise have files of this machine read, and have requests and credentials sent to a server of their own.
 */

/** The one of `locations` that the folder at `url` lies in; undefined when it lies in none of them. */
export function externalLocationOf(url: string, locations: readonly string[]): string | undefined {
  return locations.find(location => holds(location, url))
}

/** The local folders among them. */
export function localLocations(locations: readonly string[]): readonly string[] {
  return locations.flatMap(location => localFolder(location) ?? [])
}

/** Says that the folder, which the log of `table` names, is not followed, and how it would be. */
export function notFollowed(url: string, table: string): StorageError {
  const folder = redactedAddress(url)
  const what = /^file:/i.test(url) ? 'outside the table' : "not in the table's own storage account"
  return new StorageError(
    'STORAGE_FORBIDDEN',
    `the log names a file in ${folder}, which is ${what}; nothing was read or sent there. ` +
      'If you trust it, name it as an external location (LAKE_EXTERNAL_LOCATIONS, or --external-location)',
    { data: { folder, table } },
  )
}

/** Whether the file or folder is in the folder `root`, or is it; both absolute and without links. */
export function isInside(root: string, file: string): boolean {
  return file === root || file.startsWith(root.endsWith(path.sep) ? root : root + path.sep)
}

function holds(location: string, url: string): boolean {
  const [folder, root] = [localFolder(url), localFolder(location)]
  if (folder !== undefined || root !== undefined) {
    return folder !== undefined && root !== undefined && isInside(realFolder(root), realFolder(folder))
  }
  const place = location.replace(/\?.*$/s, '')
  const [inner, outer] = [addressOf(url), addressOf(place)]
  // Without a container it is the whole account.
  const account = outer === undefined ? addressOf(`${place.replace(/\/+$/, '')}/any`) : undefined
  if (inner === undefined) return false
  if (account !== undefined) return isSameAccount(account, inner)
  if (outer === undefined || !isSameAccount(outer, inner) || outer.container !== inner.container) return false
  return outer.folder === '' || inner.folder === outer.folder || inner.folder.startsWith(`${outer.folder}/`)
}

function localFolder(location: string): string | undefined {
  if (path.isAbsolute(location)) return path.resolve(location)
  try {
    return /^file:/i.test(location) ? path.resolve(fileURLToPath(location)) : undefined
  } catch {
    return undefined
  }
}

/** Where a folder is when links are followed; one that is not there is where it says. */
function realFolder(folder: string): string {
  try {
    return realpathSync.native(folder)
  } catch {
    return folder
  }
}

function addressOf(url: string): AzureBlobAddress | undefined {
  try {
    return parseAzureBlobAddress(url)
  } catch {
    return undefined
  }
}
