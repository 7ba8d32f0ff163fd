import type { TrainedCandidate } from './trainCandidate.js'

/**
 * Whether the candidate becomes champion, and why.
 * @param isChampion whether it is the champion's own file, which a training on the same rows makes again
 */
export function decide(
  { evaluation, champion }: Pick<TrainedCandidate, 'evaluation' | 'champion'>,
  margin: number,
  isChampion = false,
): { readonly promotes: boolean; readonly why: string } {
  const auc = evaluation.auc.toFixed(4)
  if (isChampion) {
    const itself = `version ${champion?.version ?? ''}, the champion, itself`
    return { promotes: false, why: `AUC ${auc}: it is ${itself}, as the same rows and seed give the same model.` }
  }
  if (champion === undefined) return { promotes: true, why: `AUC ${auc}, and there was no champion.` }
  if (champion.evaluation === undefined)
    return { promotes: true, why: `AUC ${auc}, and version ${champion.version} cannot score: ${champion.why}` }
  const other = champion.evaluation.auc
  const promotes = evaluation.auc >= other + margin
  const verdict = promotes ? 'beats' : 'does not beat'
  return {
    promotes,
    why: `AUC ${auc} ${verdict} the ${other.toFixed(4)} of version ${champion.version} by ${margin}.`,
  }
}
