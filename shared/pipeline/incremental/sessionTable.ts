import { type DuckDbSession, identifier } from '../../query/index.js'

/**
 * A table of a run's DuckDB session, by which one part of a step passes rows to another: who is given one knows that it
 * was created, in which session, and what columns it has.
 */
export class SessionTable<Column extends string = string> {
  readonly session: DuckDbSession
  /** Stands in SQL as it is. */
  readonly name: string
  readonly columns: readonly Column[]

  private constructor(session: DuckDbSession, name: string, columns: readonly Column[]) {
    this.session = session
    this.name = name
    this.columns = columns
  }

  /**
   * Makes the table of those columns of a query's rows, in their order.
   *
   * @param name a plain identifier that no table of the session has
   * @throws QueryError when there is such a table, or the query lacks a column
   */
  static async create<C extends string>(
    session: DuckDbSession,
    name: string,
    columns: readonly C[],
    select: string,
  ): Promise<SessionTable<C>> {
    await session.run(`CREATE TABLE ${name} AS ${selectOf(columns, select)}`)
    return new SessionTable(session, name, columns)
  }

  /** Puts a query's rows behind those there are; other columns of it are left out. @returns how many */
  insert(select: string): Promise<number> {
    return this.session.run(`INSERT INTO ${this.name} ${selectOf(this.columns, select)}`)
  }

  async count(): Promise<number> {
    const { n } = await this.session.row(`SELECT count(*) AS n FROM ${this.name}`)
    return Number(n)
  }

  /** What a column of whole numbers adds up to. */
  async sum(column: Column): Promise<number> {
    const { n } = await this.session.row(`SELECT coalesce(sum(${identifier(column)}), 0) AS n FROM ${this.name}`)
    return Number(n)
  }

  /** Gives its memory back before the session ends. */
  async drop(): Promise<void> {
    await this.session.run(`DROP TABLE ${this.name}`)
  }
}

function selectOf(columns: readonly string[], select: string): string {
  return `SELECT ${columns.map(identifier).join(', ')} FROM (${select})`
}
