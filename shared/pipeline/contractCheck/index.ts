/** A contract held against a registry's schema, the tables and records, before it is deployed. */
export { checkContract, type ContractReport } from './checkContract.js'
export type { ContractFinding } from './contractFinding.js'
