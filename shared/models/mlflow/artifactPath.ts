import { MlflowError } from './mlflowError.js'

const unusable = /[\u0000-\u001f\\]/

/**
 * Checks a path that a server names: relative, `/` between its segments, none of them leading elsewhere. The empty path
 * is the folder itself.
 *
 * @throws MlflowError MLFLOW_UNTRUSTED
 */
export function checkedArtifactPath(path: string): string {
  const segments = path === '' ? [] : path.split('/')
  if (!unusable.test(path) && segments.every(segment => segment !== '' && segment !== '.' && segment !== '..'))
    return path
  const shown = JSON.stringify(path.slice(0, 200))
  throw new MlflowError(
    'MLFLOW_UNTRUSTED',
    `The server names a file ${shown}, which leads out of the model's folder; nothing was read there. Log the model again.`,
    { data: { path } },
  )
}

/** The path as it stands in a URL: every segment percent-encoded. */
export function encodedPath(path: string): string {
  return checkedArtifactPath(path).split('/').map(encodeURIComponent).join('/')
}
