/** A contract held against a registry's schema, the tables and records, before it is deployed. */
export { checkContract } from './checkContract.js'
export type { ContractFinding } from './contractFinding.js'
