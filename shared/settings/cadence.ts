/** The steps whose schedules follow from how fresh gold is to be. */
export type CadenceSetting = 'SILVER_SCHEDULE' | 'GOLD_SCHEDULE'

/** By when an event is to be in gold: the 99th percentile of events that come in time, while the machine keeps up. */
export const freshnessTargets = ['75 seconds', '15 seconds', '5 seconds'] as const
/** One of {@link freshnessTargets}. */
export type FreshnessTarget = (typeof freshnessTargets)[number]

/**
 * An event waits for bronze (a second at most), for silver's next run, for gold's next run after that one, and for the run
 * itself. Gold is as far behind silver as a run of silver may take; where both run each second, the next one is near anyway.
 */
const cadences: Readonly<Record<FreshnessTarget, Readonly<Record<CadenceSetting, string>>>> = {
  '75 seconds': { SILVER_SCHEDULE: '0 * * * * *', GOLD_SCHEDULE: '10 * * * * *' },
  '15 seconds': { SILVER_SCHEDULE: '*/5 * * * * *', GOLD_SCHEDULE: '3-59/5 * * * * *' },
  '5 seconds': { SILVER_SCHEDULE: '* * * * * *', GOLD_SCHEDULE: '* * * * * *' },
}

/**
 * When a step runs where no schedule of its own is set, as NCRONTAB.
 *
 * @param target as FRESHNESS_TARGET has it; what is none of them counts as the default, and is refused where settings are read
 */
export function cadenceOf(name: CadenceSetting, target: string | undefined): string {
  const known = freshnessTargets.find(one => one === target?.trim()) ?? freshnessTargets[0]
  return cadences[known][name]
}
