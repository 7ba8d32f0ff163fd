import { decodedData } from '../../parquet/index.js'
import type { ColumnData, StructField, Value } from '../../types/index.js'
import type { AddFile } from '../actions/index.js'
import { DeltaError, type LogPlace } from '../deltaError.js'
import type { TableState } from '../protocol/index.js'
import type { ColumnLayout } from '../schema/index.js'
import type { StoredBatch } from './dataFileRows.js'
import { rowIdColumns } from './rowTracking.js'

/**
 * The identity that rows had before they were moved to new files: their stable row ids and row commit versions
 * (PROTOCOL.md, "Row Tracking"). Null for a row that was not in the table; the version is null as well for one that is
 * changed now.
 */
export interface RowOrigins {
  readonly ids: readonly (bigint | null)[] | BigInt64Array
  readonly commitVersions: readonly (bigint | null)[] | BigInt64Array
}

/** How data files are read along with the origins of their rows. */
export interface OriginReading {
  readonly layout: ColumnLayout
  /** The fields asked for, followed by the columns that hold the origins. */
  readonly fields: readonly StructField[]
  /** The origins of the rows of a batch that was read with these fields; undefined where the table does not track rows. */
  readonly originsOf: (
    batch: Pick<StoredBatch, 'columns' | 'positions'>,
    file: Pick<AddFile, 'path' | 'baseRowId' | 'defaultRowCommitVersion'>,
  ) => RowOrigins | undefined
}

/**
 * Extends a read of data files by the columns that hold the origins of their rows; nothing is added where the table
 * does not track rows.
 *
 * ```ts
 * const { layout, fields, originsOf } = originReading(snapshot, reading)
 * for await (const batch of readDataFile(store, file, { ...options, layout, fields })) {
 *   await writer.write(rowsOfBatch, originsOf(batch, file))
 * }
 * ```
 */
export function originReading(
  table: Pick<TableState, 'protocol' | 'metadata'>,
  { layout, fields }: Pick<OriginReading, 'layout' | 'fields'>,
  where?: LogPlace,
): OriginReading {
  const columns = rowIdColumns(table, where)
  if (columns === undefined) return { layout, fields, originsOf: () => undefined }
  const hidden = [columns.id, columns.commitVersion]
  return {
    layout: {
      match: layout.match,
      placeOf: field => (hidden.includes(field) ? { kind: 'stored', field } : layout.placeOf(field)),
    },
    fields: [...fields, ...hidden],
    originsOf(batch, file) {
      const { baseRowId, defaultRowCommitVersion } = file
      if (baseRowId === undefined || defaultRowCommitVersion === undefined) {
        throw new DeltaError(
          'DELTA_BAD_ACTION',
          'the table tracks rows, and a file of it has no baseRowId or no defaultRowCommitVersion',
          {
            where: { ...where, file: file.path },
          },
        )
      }
      const [ids = [], versions = []] = batch.columns.slice(fields.length).map(decodedData)
      const positions = isComplete(ids) ? undefined : batch.positions()
      return {
        ids: filled(ids, row => baseRowId + BigInt(positions?.[row] ?? 0)),
        commitVersions: filled(versions, () => defaultRowCommitVersion),
      }
    },
  }
}

function isComplete(data: ColumnData): boolean {
  return !Array.isArray(data) || !data.includes(null)
}

function filled(data: ColumnData, otherwise: (row: number) => bigint): readonly bigint[] | BigInt64Array {
  if (data instanceof BigInt64Array) return data
  return Array.from(data as readonly Value[], (value, row) => (typeof value === 'bigint' ? value : otherwise(row)))
}
