/** What stands behind a command: its options, names in quotes, pairs. */
export { Arguments, type GivenOption, parsingFault } from './arguments.js'
export { type CommandSpec, optionsOf, type OptionSpec } from './commandSpec.js'
export { keyValue } from './keyValue.js'
