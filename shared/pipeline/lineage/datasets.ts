import { parseAzureBlobAddress } from '../../storage/index.js'

/** A dataset as OpenLineage names it. */
export interface DatasetName {
  readonly namespace: string
  readonly name: string
}

/**
 * A table of the lake by OpenLineage's naming of storage: `abfss://<container>@<account>.dfs.core.windows.net` and its
 * path, `file` and its path; of an emulator its address and the path.
 *
 * @param lakeUrl the lake's root
 * @param path the table's folder in it
 */
export function tableDataset(lakeUrl: string, path: string): DatasetName {
  const url = new URL(lakeUrl)
  if (url.protocol === 'file:') return { namespace: 'file', name: joined(decodeURIComponent(url.pathname), path) }
  const { account, container, folder, emulated } = parseAzureBlobAddress(lakeUrl)
  if (emulated) return { namespace: `${url.protocol}//${url.host}`, name: joined(account, container, folder, path) }
  return { namespace: `abfss://${container}@${account}.dfs.core.windows.net`, name: joined(folder, path) }
}

/** A topic of a broker `host:port`; of several the first. */
export function topicDataset(brokers: string, topic: string): DatasetName {
  return { namespace: `kafka://${(brokers.split(',')[0] ?? '').trim()}`, name: topic }
}

function joined(...parts: readonly string[]): string {
  return parts
    .map((part, i) => part.replace(i === 0 ? /\/+$/ : /^\/+|\/+$/g, ''))
    .filter(part => part !== '')
    .join('/')
}
