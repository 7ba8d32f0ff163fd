import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import type { DuckDBConnection, DuckDBInstance, DuckDBResult, DuckDBType } from '@duckdb/node-api'

import { type DataType, namedValues, type Row, type StructField, type Value } from '../../types/index.js'
import { columnFits } from './columnFit.js'
import { type DuckDbModule, loadDuckDb } from './duckdbModule.js'
import { asQueryError } from './queryError.js'
import { literalList } from './sqlText.js'
import { type ValueReader, valueReader } from './sqlValue.js'
import { makeTemporaryFolder } from './temporaryFolder.js'

/** Limits of a session: memory, disk, threads. */
export interface SessionOptions {
  /** Bytes that DuckDB may hold before it spills to the temporary folder; 512 MiB when absent. */
  readonly memoryLimit?: number | undefined
  /** Bytes that may be spilled; as many as the disk holds when absent. */
  readonly temporaryLimit?: number | undefined
  /** Threads of queries; one per core when absent. */
  readonly threads?: number | undefined
  /** Where the session's own folder is made; the system's when absent. */
  readonly temporaryFolder?: string | undefined
}

/** A result whose rows come in pieces; they must be read to the end, or given up by leaving the loop. */
export interface RowStream {
  readonly fields: readonly StructField[]
  readonly batches: AsyncIterable<readonly Row[]>
}

/** A whole result, held in memory. */
export interface RowSet {
  readonly fields: readonly StructField[]
  readonly rows: readonly Row[]
}

/** A column of a query's result. */
export interface ResultColumn {
  readonly name: string
  /** Whether a CAST of it to the type gives exactly the values of a Delta table's column of that type. */
  readonly fits: (wanted: DataType) => boolean
}

/**
 * One DuckDB of its own, in memory, in UTC, with bounded memory and a private folder for what does not fit. It never
 * reaches for the network.
 *
 * @example
 * await using session = await DuckDbSession.open({ memoryLimit: 512 * 2 ** 20, threads: 2 })
 * const { rows } = await session.query('SELECT 42 AS answer')
 */
export class DuckDbSession implements AsyncDisposable {
  /** A folder on the local disk that lives as long as the session: spilled data, files being written. */
  readonly folder: string
  readonly #duckdb: DuckDbModule
  readonly #instance: DuckDBInstance
  readonly #connection: DuckDBConnection
  #disabledBefore: string | undefined
  #closed = false
  #locked = false

  private constructor(folder: string, duckdb: DuckDbModule, instance: DuckDBInstance, connection: DuckDBConnection) {
    this.folder = folder
    this.#duckdb = duckdb
    this.#instance = instance
    this.#connection = connection
  }

  static async open(options: SessionOptions = {}): Promise<DuckDbSession> {
    const duckdb = await loadDuckDb()
    const folder = await makeTemporaryFolder('lake-duckdb-', options.temporaryFolder)
    try {
      const instance = await duckdb.DuckDBInstance.create(':memory:', {
        memory_limit: `${Math.ceil((options.memoryLimit ?? 512 * 2 ** 20) / 2 ** 20)}MiB`,
        temp_directory: join(folder, 'spill'),
        autoinstall_known_extensions: 'false',
        ...(options.temporaryLimit === undefined
          ? {}
          : { max_temp_directory_size: `${Math.ceil(options.temporaryLimit / 2 ** 20)}MiB` }),
        ...(options.threads === undefined ? {} : { threads: String(options.threads) }),
      })
      const connection = await instance.connect()
      await connection.run("SET TimeZone = 'UTC'")
      return new DuckDbSession(folder, duckdb, instance, connection)
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      throw asQueryError(error)
    }
  }

  /** Runs statements for their effect. @returns rows written by the last one */
  async run(sql: string): Promise<number> {
    try {
      await this.#prepare(sql)
      return (await this.#connection.run(sql)).rowsChanged
    } catch (error) {
      throw asQueryError(error)
    }
  }

  /** The whole result of the last statement, in memory. */
  async query(sql: string): Promise<RowSet> {
    const { fields, batches } = await this.stream(sql)
    const rows: Row[] = []
    for await (const batch of batches) for (const row of batch) rows.push(row)
    return { fields, rows }
  }

  /** The result's only row. */
  async row(sql: string): Promise<Row> {
    return (await this.query(sql)).rows[0] ?? {}
  }

  /** The columns that a query's result would have; the query does not run. */
  async columnsOf(sql: string): Promise<readonly ResultColumn[]> {
    try {
      const result = await this.#connection.stream(`SELECT * FROM (${sql}) LIMIT 0`)
      const types = result.columnTypes()
      return result
        .columnNames()
        .map((name, i) => ({ name, fits: wanted => columnFits(this.#duckdb, types[i] as DuckDBType, wanted) }))
    } catch (error) {
      throw asQueryError(error)
    }
  }

  /** The result of the last statement, piece by piece, without ever holding it whole. */
  async stream(sql: string): Promise<RowStream> {
    try {
      await this.#prepare(sql)
      const result = await this.#connection.stream(sql)
      const names = uniqueNames(result.columnNames())
      const readers = result.columnTypes().map(type => valueReader(this.#duckdb, type))
      const fields = readers.map(({ type }, i) => ({ name: names[i] ?? '', type, nullable: true }))
      return { fields, batches: rowBatches(result, names, readers) }
    } catch (error) {
      throw asQueryError(error)
    }
  }

  /**
   * Fills a table of one BIGINT column while a result of {@link stream} is still being read: both go over connections of
   * their own, so the table may not be a temporary one.
   */
  async append(table: string, values: AsyncIterable<readonly bigint[]>): Promise<void> {
    const connection = await this.#instance.connect()
    try {
      const appender = await connection.createAppender(table)
      for await (const batch of values) {
        for (const value of batch) {
          appender.appendBigInt(value)
          appender.endRow()
        }
      }
      appender.closeSync()
    } catch (error) {
      throw asQueryError(error)
    } finally {
      connection.closeSync()
    }
  }

  /**
   * DuckDB pushes `a IS DISTINCT FROM 1 OR a > 3` down to the scan of a Parquet file, and then skips row groups by the
   * column's least and greatest value alone, even those whose nulls match. Such a statement keeps its filters out of
   * the scan. The next one puts the setting back: in between, that would end the result that is being read.
   */
  async #prepare(sql: string): Promise<void> {
    if (this.#locked) return
    const disable = (names: string) => this.#connection.run(`SET disabled_optimizers = '${names}'`)
    if (this.#disabledBefore !== undefined) await disable(this.#disabledBefore)
    this.#disabledBefore = undefined
    if (!/\bdistinct\s+from\b/i.test(sql)) return
    const { names } = await this.row("SELECT current_setting('disabled_optimizers') AS names")
    const before = typeof names === 'string' ? names : ''
    await disable(before === '' ? 'filter_pushdown' : `${before},filter_pushdown`)
    this.#disabledBefore = before
  }

  /**
   * Shuts the session off for good: from now on it reaches those files and no other, nothing outside, and no setting of
   * it can be changed. The views that it has keep working, as far as they read those files.
   *
   * @param sql what is going to be run, so that it can be prepared for
   */
  async lock(files: readonly string[], sql: string): Promise<void> {
    try {
      await this.#prepare(sql)
      this.#locked = true
      const paths = `SET allowed_paths = ${literalList(files)}`
      await this.#connection.run(`${paths}; SET enable_external_access = false; SET lock_configuration = true`)
    } catch (error) {
      throw asQueryError(error)
    }
  }

  /** Makes the statement that is running fail soon. */
  interrupt(): void {
    if (!this.#closed) this.#connection.interrupt()
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#connection.closeSync()
    this.#instance.closeSync()
    await rm(this.folder, { recursive: true, force: true })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

async function* rowBatches(
  result: DuckDBResult,
  names: readonly string[],
  readers: readonly ValueReader[],
): AsyncGenerator<readonly Row[]> {
  for (;;) {
    const chunk = await result.fetchChunk().catch((error: unknown) => {
      throw asQueryError(error)
    })
    if (chunk === null || chunk.rowCount === 0) return
    const rows = Array.from({ length: chunk.rowCount }, () => namedValues<Value>())
    readers.forEach((reader, column) => {
      const name = names[column] ?? ''
      chunk.getColumnValues(column).forEach((value, i) => {
        const row = rows[i]
        if (row !== undefined) row[name] = reader.read(value)
      })
    })
    yield rows
  }
}

/** A row is an object, so a second column of one name gets a number: `id`, `id_1`. */
function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>()
  return names.map(name => {
    let unique = name
    for (let n = 1; taken.has(unique); n++) unique = `${name}_${n}`
    taken.add(unique)
    return unique
  })
}
