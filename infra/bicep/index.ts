/** Bicep that is made from what the code declares. */
export { declaredBicep, secretParameters } from './declared.js'
