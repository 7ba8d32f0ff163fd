/** What starts and stops the parts that run on this machine. */
export { azuritePlan, lakeUrlAt } from './azurite.js'
export { type ChildOptions, StackProcess } from './childProcess.js'
export { onFreePort } from './freePort.js'
export { memoryOfInstance } from './hostMemory.js'
export type { RunningProcess } from './supervisedPart.js'
export { createTopics } from './topics.js'
