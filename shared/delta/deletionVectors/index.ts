/** Deletion vectors and the roaring bitmaps they are made of. */
export {
  deletionVectorPath,
  encodeDeletionVector,
  encodeDeletionVectors,
  inlineDeletionVector,
  readDeletionVector,
  type VectorPlace,
} from './deletionVector.js'
export { RoaringBitmap } from './roaringBitmap.js'
