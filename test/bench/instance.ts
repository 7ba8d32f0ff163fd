import { memoryOfInstance } from '../../infra/local/index.js'

/** Megabytes of the instance that processes of a benchmark believe they have: the deployment's default. */
export const instanceMb = 2048

/** What such a process is started with. */
export const instanceMemory = memoryOfInstance(instanceMb)
