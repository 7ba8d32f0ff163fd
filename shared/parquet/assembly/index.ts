/** Levels and leaf values to nested values. */
export { assemble, leavesOf, type Projection } from './assembly.js'
