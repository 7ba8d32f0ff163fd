/** Every setting, read and checked once. */
export { parseNcrontab, type Schedule } from './ncrontab.js'
export { nearestName } from './settingName.js'
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
} from './settings.js'
export { type NumberByStream, parseLocations, trackingUriFault } from './settingText.js'
