import type { NumberByStream, Settings } from '../../settings/index.js'

/** Which rows a condition is true of, by one column; null is in nothing and above nothing. */
export type Condition =
  | { readonly column: string; readonly in: readonly (string | boolean)[] }
  | { readonly column: string; readonly notIn: readonly (string | boolean)[] }
  | { readonly column: string; readonly above: number }
  | { readonly column: string; readonly notAbove: number }

/** A number of a row: a column (0, or what is said, where it is null), or 1. It is 0 where a condition is not true. */
export interface Amount {
  readonly column?: string
  readonly ifNull?: number
  readonly when?: readonly Condition[]
}

/** How rows become one number for each combination of the dimensions. */
export type Reading =
  /** The newest row of the last minutes. */
  | { readonly kind: 'newest'; readonly minutes: number }
  /** All rows of the last minutes, added up; over the sum of `per` where there is one. */
  | {
      readonly kind: 'sum'
      readonly minutes: number
      readonly per?: string
      /** Says nothing before there are rows as old as that. */
      readonly whole?: boolean
    }
  /** Seconds since the newest row of all; there is no dimension, because who is silent names none. */
  | { readonly kind: 'age'; readonly minutes: number }

/** What an alert looks at. */
export interface Signal {
  readonly table: 'monitor_logs' | 'cluster_logs'
  readonly dimensions: readonly ('stream' | 'table_name' | 'step')[]
  /** Rows that are looked at; all where absent. */
  readonly where?: readonly Condition[]
  readonly amount: Amount
  readonly reading: Reading
  /** On which side of the threshold it fires. */
  readonly fires: 'above' | 'below'
}

/** Settings that are thresholds. */
export type ThresholdSetting = {
  [Name in keyof Settings]-?: Settings[Name] extends NumberByStream ? Name : never
}[keyof Settings]

/** As Azure Monitor counts: 0 is critical, 1 error, 2 warning, 3 informational. */
export type Severity = 0 | 1 | 2 | 3

/** One alert, from which the rule on Azure, the query on the lake, the local evaluation and the runbook's index come. */
export interface Alert {
  /** Lower-case words with dashes: also the section of the runbook. */
  readonly name: string
  readonly title: string
  readonly severity: Severity
  readonly signal: Signal
  /** The setting, or a number that nobody has to choose. */
  readonly threshold: ThresholdSetting | number
  readonly unit: 'seconds' | 'number' | 'share' | 'dollars'
  /**
   * What is said while it fires: `{value}` and `{threshold}` are the figures, `{subject}` the dimensions, any other name
   * a column of the newest row.
   */
  readonly sentence: string
}
