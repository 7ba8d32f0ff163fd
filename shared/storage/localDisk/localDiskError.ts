import { operationText, StorageError, type StorageErrorCode } from '../storageError.js'

/** True when the operating system gave one of these codes. */
export function hasErrno(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code)
}

interface Meaning {
  readonly code: StorageErrorCode
  readonly remedy: string
  readonly retryable?: boolean
}

const meanings: Readonly<Record<string, Meaning>> = {
  EACCES: { code: 'STORAGE_FORBIDDEN', remedy: 'this user may not; check the permissions of the folder' },
  EPERM: { code: 'STORAGE_FORBIDDEN', remedy: 'the file system does not allow it; the lake needs one with hard links' },
  EROFS: {
    code: 'STORAGE_FORBIDDEN',
    remedy: 'the file system is read-only; mount it for writing, or name another folder',
  },
  ENOSPC: { code: 'STORAGE_FAILED', remedy: 'the disk is full; make room on it, then run this again' },
  EDQUOT: { code: 'STORAGE_FAILED', remedy: 'the disk quota is used up; make room, then run this again' },
  ENOTDIR: { code: 'STORAGE_FAILED', remedy: 'an object has the name of one of its folders' },
  EEXIST: { code: 'STORAGE_FAILED', remedy: 'an object has the name of one of its folders' },
  EISDIR: { code: 'STORAGE_FAILED', remedy: 'a folder has this name' },
  ENOTEMPTY: { code: 'STORAGE_FAILED', remedy: 'a folder has this name' },
  EXDEV: { code: 'STORAGE_FAILED', remedy: 'the folder spans two file systems' },
  ENOTSUP: { code: 'STORAGE_FAILED', remedy: 'the file system has no hard links, which a lake needs' },
  ENAMETOOLONG: { code: 'STORAGE_BAD_ADDRESS', remedy: 'the file system has no room for so long a name' },
  EMFILE: {
    code: 'STORAGE_UNAVAILABLE',
    remedy: 'too many files are open; raise the limit (ulimit -n)',
    retryable: true,
  },
  ENFILE: { code: 'STORAGE_UNAVAILABLE', remedy: 'too many files are open on this machine', retryable: true },
  EBUSY: { code: 'STORAGE_UNAVAILABLE', remedy: 'the disk is busy', retryable: true },
  EAGAIN: { code: 'STORAGE_UNAVAILABLE', remedy: 'the disk is busy', retryable: true },
  EIO: { code: 'STORAGE_UNAVAILABLE', remedy: 'the disk failed', retryable: true },
  ESTALE: { code: 'STORAGE_UNAVAILABLE', remedy: 'the network share moved', retryable: true },
  ETIMEDOUT: { code: 'STORAGE_TIMEOUT', remedy: 'the network share did not answer', retryable: true },
}

/** What the operating system's error means for a store. */
export function localError(
  operation: string,
  file: string,
  cause: unknown,
  details: { readonly ambiguous?: boolean } = {},
): StorageError {
  if (cause instanceof StorageError) return cause
  const errno = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
  const meaning = errno === undefined ? undefined : meanings[errno]
  const reason = meaning?.remedy ?? (cause instanceof Error ? cause.message : String(cause))
  const suffix = errno === undefined ? '' : ` (${errno})`
  return new StorageError(
    meaning?.code ?? 'STORAGE_FAILED',
    `Cannot ${operationText(operation)} ${file}: ${reason}${suffix}.`,
    {
      data: { operation, file, errno },
      cause,
      retryable: meaning?.retryable ?? false,
      ambiguous: details.ambiguous ?? false,
    },
  )
}
