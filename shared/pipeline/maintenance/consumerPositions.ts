import { resolvedPath, type Stream } from '../../contract/index.js'
import type { TableState } from '../../delta/index.js'
import { readCursor } from '../incremental/index.js'
import { type Lake, PipelineError } from '../lake/index.js'
import { lastMemory } from '../monitor/index.js'
import { followersOf } from '../retention/index.js'
import { runsAppId } from '../runLog/index.js'

/** How far back the monitor and the fold of runs look for what their last run left. */
const memoryVersions = 100

/** Who reads a table's versions one after the other, and how far each has come: what clean-ups must not overtake. */
export class ConsumerPositions {
  readonly #lake: Lake
  readonly #cluster: TableState | undefined
  /** The monitor's last version by table id. */
  readonly #observed: ReadonlyMap<string, number>

  private constructor(lake: Lake, cluster: TableState | undefined, observed: ReadonlyMap<string, number>) {
    this.#lake = lake
    this.#cluster = cluster
    this.#observed = observed
  }

  /** As they are now; they only go on from here. */
  static async read(lake: Lake): Promise<ConsumerPositions> {
    const cluster = await lake.table('cluster_logs').state({ fresh: true })
    const monitor = lake.table('monitor_logs')
    const state = await monitor.state({ fresh: true })
    const states = state === undefined ? [] : Object.values((await lastMemory(monitor, state)).states)
    const observed = new Map(
      states.flatMap(({ positions }) => Object.values(positions).map(({ id, version }) => [id, version] as const)),
    )
    return new ConsumerPositions(lake, cluster, observed)
  }

  /**
   * The oldest version of the table that somebody has still to read.
   * @param stream the stream that the table belongs to; none for the lake's own
   */
  async lowWatermark(path: string, state: TableState, stream: Stream | undefined): Promise<number> {
    const { id } = state.metadata
    if (path === 'cluster_logs') return Math.max(0, state.version - memoryVersions)
    // Outcomes are read as they are now, by everybody.
    if (stream !== undefined && path === resolvedPath(stream)) return state.version + 1
    const recorded = this.#cluster?.txns.get(runsAppId(this.#cluster, id))?.version ?? -1n
    const versions = [Number(recorded) + 1]
    if (stream === undefined) versions.push(Math.max(0, state.version - memoryVersions))
    else versions.push((this.#observed.get(id) ?? -1) + 1)
    if (stream !== undefined) versions.push(...(await this.#cursors(path, id, stream)).map(cursor => cursor + 1))
    return Math.min(...versions)
  }

  /** The cursors of the tables made from this one; one that has none begins with a snapshot, which needs no log. */
  async #cursors(path: string, id: string, stream: Stream): Promise<readonly number[]> {
    const cursors: number[] = []
    for (const table of followersOf(stream, path)) {
      const version = await this.#cursor(path, id, table)
      if (version !== undefined) cursors.push(version)
    }
    return cursors
  }

  async #cursor(path: string, id: string, made: string): Promise<number | undefined> {
    const state = await this.#lake.table(made).state({ fresh: true })
    if (state === undefined) return undefined
    try {
      return readCursor(state, id, { table: made, source: path, rebuild: 'lake rebuild' })?.version
    } catch (error) {
      // Made from another table: it has to be rebuilt, from a snapshot.
      if (error instanceof PipelineError && error.code === 'SOURCE_TABLE_CHANGED') return undefined
      throw error
    }
  }
}
