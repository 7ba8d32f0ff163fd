import { userInfo } from 'node:os'

/** Who works at this machine; a user that it has no name of is known by its number. */
export function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? ''}`.trim()
  }
}
