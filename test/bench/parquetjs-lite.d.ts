declare module 'parquetjs-lite' {
  interface FieldDefinition {
    readonly type: string
    readonly optional?: boolean
    readonly compression?: 'UNCOMPRESSED' | 'SNAPPY' | 'GZIP'
  }

  export class ParquetSchema {
    readonly fields: Readonly<Record<string, FieldDefinition>>
    constructor(fields: Readonly<Record<string, FieldDefinition>>)
  }

  export class ParquetWriter {
    static openStream(schema: ParquetSchema, stream: NodeJS.WritableStream): Promise<ParquetWriter>
    appendRow(row: Readonly<Record<string, unknown>>): Promise<void>
    setRowGroupSize(rows: number): void
    close(): Promise<void>
  }

  interface RowCursor {
    next(): Promise<Record<string, unknown> | null>
  }

  export class ParquetReader {
    static openBuffer(buffer: Buffer): Promise<ParquetReader>
    getCursor(): RowCursor
    getRowCount(): number
    close(): Promise<void>
  }
}
