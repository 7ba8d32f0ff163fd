import { ModelError } from '../modelError.js'
import type { MlflowServer } from './mlflowServer.js'
import type { RegisteredVersion } from './registry.js'

/** An alias of a registered model. */
export interface ModelAlias {
  readonly model: string
  readonly alias: string
}

/** What an alias points to now, and what it pointed to before. */
export interface AliasMove {
  readonly version: string
  readonly previous: string | undefined
}

/** The alias that keeps what another one pointed to before: `previous` for `champion`. */
export function previousAlias(alias: string): string {
  return alias === 'champion' ? 'previous' : `previous-${alias}`
}

/**
 * Points an alias to a version, and another one to what it pointed to before, so that it can be taken back by anybody.
 * The latter moves first: whoever is cut off in between has changed nothing that scores.
 *
 * @throws MlflowError
 */
export async function moveAlias(
  { registry }: MlflowServer,
  { model, alias }: ModelAlias,
  version: string,
): Promise<AliasMove> {
  const before = await registry.find(model, { by: 'alias', alias })
  if (before?.version === version) {
    const kept = await registry.find(model, { by: 'alias', alias: previousAlias(alias) })
    return { version, previous: kept?.version }
  }
  if (before !== undefined) await registry.setAlias(model, previousAlias(alias), before.version)
  await registry.setAlias(model, alias, version)
  return { version, previous: before?.version }
}

/**
 * Points an alias back to what it pointed to before.
 *
 * @returns that version
 * @throws MlflowError; ModelError MODEL_MISSING when the server does not know of any
 */
export async function takeAliasBack(
  server: MlflowServer,
  { model, alias }: ModelAlias,
): Promise<AliasMove & { readonly registered: RegisteredVersion }> {
  const [now, before] = [
    await server.registry.find(model, { by: 'alias', alias }),
    await server.registry.find(model, { by: 'alias', alias: previousAlias(alias) }),
  ]
  if (before === undefined || before.version === now?.version) {
    const champion = now === undefined ? 'no version' : `version ${now.version}`
    throw new ModelError(
      'MODEL_MISSING',
      `${model}@${alias} is ${champion} on the MLflow server, and no version before it is known there (alias ${previousAlias(alias)}). Choose one with lake models promote.`,
      { data: { model, alias } },
    )
  }
  return { ...(await moveAlias(server, { model, alias }, before.version)), registered: before }
}
