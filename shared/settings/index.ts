/** Every setting, read and checked once. */
export { cadenceOf, type CadenceSetting } from './cadence.js'
export { parseNcrontab, type Schedule } from './ncrontab.js'
export {
  defaultText,
  isSecret,
  localDefaults,
  readLocalSettings,
  readSettings,
  settingNames,
  type Settings,
  settingsTable,
  type SettingValues,
} from './readSettings.js'
export { nearestName } from './settingName.js'
export { type NumberByStream, parseLocations, trackingUriFault } from './settingText.js'
