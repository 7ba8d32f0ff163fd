import { jsonObject } from '../card/index.js'
import { ModelError } from '../modelError.js'

/** Which version scores, and which one did before it. */
export interface ChampionPointer {
  readonly version: string
  readonly previous?: string | undefined
}

/** The pointer's file, in the folder of the model's versions. */
export const pointerFile = 'champion.json'

/** The bytes of `champion.json`, as {@link pointedVersion} reads them. */
export function encodePointer({ version, previous }: ChampionPointer): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ version, previous })}\n`)
}

/**
 * One of the versions that a `champion.json` names; `undefined` for the one before when there was none.
 *
 * @param place what to call the file in a message
 * @throws ModelError MODEL_MISMATCH when it is no such file, or names what cannot be a folder beside it
 */
export function pointedVersion(bytes: Uint8Array, which: keyof ChampionPointer, place: string): string | undefined {
  const name = jsonObject(bytes, place)[which]
  if (name === undefined && which === 'previous') return undefined
  if (typeof name === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) return name
  throw new ModelError('MODEL_MISMATCH', `${place}: ${which} must be the name of a folder beside it.`, {
    data: { file: place },
  })
}
