import type { Stream } from './stream.js'

/** The folders of a stream's tables, layer by layer. */
export function tablesOf(stream: Pick<Stream, 'name'>): readonly string[] {
  return [bronzePath(stream), silverPath(stream), scoredPath(stream), summaryPath(stream), driftPath(stream)]
}

/** Folder of bronze, relative to the lake's root. */
export function bronzePath(stream: Pick<Stream, 'name'>): string {
  return `bronze/${stream.name}`
}

/** Folder of silver, relative to the lake's root. */
export function silverPath(stream: Pick<Stream, 'name'>): string {
  return `silver/${stream.name}`
}

/** Folder of the scored table, relative to the lake's root. */
export function scoredPath(stream: Pick<Stream, 'name'>): string {
  return `gold/${stream.name}_scored`
}

/** Folder of the summary, relative to the lake's root. */
export function summaryPath(stream: Pick<Stream, 'name'>): string {
  return `gold/${stream.name}_summary`
}

/** Folder of the drift table, relative to the lake's root. */
export function driftPath(stream: Pick<Stream, 'name'>): string {
  return `gold/${stream.name}_drift`
}

/** The SQL name of the view over bronze's open error rows; it has no folder. */
export function quarantineName(stream: Pick<Stream, 'name'>): string {
  return `bronze.${stream.name}_quarantine`
}

/** `bronze/events` as SQL names it, `bronze.events`; a table at the lake's root keeps its name. */
export function sqlName(path: string): string {
  return path.replaceAll('/', '.')
}

/** `bronze.events` as a folder in the lake, `bronze/events`. */
export function tablePath(name: string): string {
  return name.replaceAll('.', '/')
}
