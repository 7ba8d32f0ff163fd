/** The `lake` command. */
export { parsingFault } from './arguments.js'
export {
  removeRunningStack,
  type RunningStack,
  stackState,
  stateFolderName,
  writeRunningStack,
} from './runningStack.js'
export { rowJson } from './valueText.js'
