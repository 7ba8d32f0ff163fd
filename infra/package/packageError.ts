import { CodedError } from '../../shared/errors.js'

/** Why no package was made, as a closed list: something is not built or installed, or the bundle would not run. */
export type PackageErrorCode = 'NOT_BUILT' | 'NOT_INSTALLED' | 'BUNDLE'

/** The package cannot be made; the message says what is missing, and the remedy. */
export class PackageError extends CodedError<PackageErrorCode> {}
