/** Deletion vectors and their roaring bitmaps. */
export {
  deletionVectorPath,
  encodeDeletionVector,
  encodeDeletionVectors,
  inlineDeletionVector,
  readDeletionVector,
  type VectorPlace,
} from './deletionVector.js'
export { RoaringBitmap } from './roaringBitmap.js'
