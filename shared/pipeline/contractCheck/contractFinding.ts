/** One thing that a check of a contract found. */
export interface ContractFinding {
  /** What the contract was held against. */
  readonly against: 'schema' | 'table' | 'records'
  /** `breaks`: records that are taken now would be rejected, or the step would stop. `mends`: rejected ones would be taken. */
  readonly verdict: 'breaks' | 'mends' | 'note'
  /** The field; empty for the whole. */
  readonly field: string
  readonly message: string
  /** Of records: the reason, how many, and the first. */
  readonly reason?: string | undefined
  readonly count?: number | undefined
  readonly example?: { readonly partition: number; readonly offset: bigint } | undefined
}
