import { CodedError } from '../../errors.js'

/** Everything that can go wrong with a schema registry, as a closed list. */
export const registryErrorCodes = [
  /** A stream's format needs a registry, and the settings name none. */
  'REGISTRY_NOT_SET',
  'REGISTRY_BAD_SETTINGS',
  'REGISTRY_UNREACHABLE',
  'REGISTRY_UNAUTHORIZED',
  /** It answers, and not as a registry does. */
  'REGISTRY_BAD_ANSWER',
] as const

/** The `code` of a {@link RegistryError}. */
export type RegistryErrorCode = (typeof registryErrorCodes)[number]

/** What went wrong between us and a schema registry. That it lacks a schema is no error. */
export class RegistryError extends CodedError<RegistryErrorCode> {}
