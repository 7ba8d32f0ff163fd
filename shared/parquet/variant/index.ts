/** The variant type and its shredded form. */
export { projectVariant } from './variantShredding.js'
