/** The model that ships. */
export { starterModel } from './starterModel.js'
export { encodeValueRange, valueRangeTensors } from './valueRange.js'
