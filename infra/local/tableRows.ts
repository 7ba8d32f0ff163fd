import type { Action, AddFile, DeltaTable } from '../../shared/delta/index.js'
import { parseSparkTimestamp } from '../../shared/types/index.js'

/** How many rows a table has, and the newest time in one of its columns, by the statistics in its log. */
export interface TableRows {
  readonly rows: number
  /** Milliseconds since 1970; undefined while the table has no statistics of the column. */
  readonly newest: number | undefined
}

interface FileFacts {
  readonly rows: number
  readonly newest: number | undefined
}

/** Follows one table commit by commit, so that asking again costs only what is new. */
export class TableRowsFollower {
  readonly #table: DeltaTable
  readonly #timeColumn: string | undefined
  readonly #files = new Map<string, FileFacts>()
  #version = -1

  constructor(table: DeltaTable, timeColumn?: string) {
    this.#table = table
    this.#timeColumn = timeColumn
  }

  /** As of now; undefined while there is no table. */
  async read(): Promise<TableRows | undefined> {
    if (this.#version < 0) await this.#begin()
    else await this.#follow()
    if (this.#version < 0) return undefined
    let rows = 0
    let newest: number | undefined
    for (const file of this.#files.values()) {
      rows += file.rows
      if (file.newest !== undefined && (newest === undefined || file.newest > newest)) newest = file.newest
    }
    return { rows, newest }
  }

  async #begin(): Promise<void> {
    const snapshot = await this.#table.snapshot()
    if (snapshot === undefined) return
    this.#files.clear()
    for (const file of snapshot.files) this.#add(file)
    this.#version = snapshot.version
  }

  async #follow(): Promise<void> {
    const tip = (await this.#table.state({ fresh: true }))?.version ?? -1
    // A version that went back is another table; a log that was cleaned up has to be read from its checkpoint.
    if (tip < this.#version || tip > this.#version + 500) return this.#restart()
    for await (const commit of this.#table.commits(this.#version + 1, tip)) {
      for (const action of commit.actions) this.#apply(action)
      this.#version = commit.version
    }
  }

  #restart(): Promise<void> {
    this.#version = -1
    return this.#begin()
  }

  #apply(action: Action): void {
    if ('add' in action) this.#add(action.add)
    else if ('remove' in action) this.#files.delete(action.remove.path)
  }

  #add(file: AddFile): void {
    this.#files.set(file.path, factsOf(file, this.#timeColumn))
  }
}

function factsOf(file: AddFile, timeColumn: string | undefined): FileFacts {
  const stats = JSON.parse(file.stats ?? '{}') as { numRecords?: number; maxValues?: Record<string, unknown> }
  const newest = timeColumn === undefined ? undefined : stats.maxValues?.[timeColumn]
  const micros = typeof newest === 'string' ? parseSparkTimestamp(newest) : undefined
  return { rows: stats.numRecords ?? 0, newest: micros === undefined ? undefined : Math.floor(Number(micros) / 1000) }
}
