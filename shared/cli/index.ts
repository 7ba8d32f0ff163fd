/** The `lake` command. */
export { parsingFault } from './arguments/index.js'
export { rowJson } from './output/index.js'
export {
  removeRunningStack,
  type RunningStack,
  stackState,
  stateFolderName,
  writeRunningStack,
} from './runningStack.js'
