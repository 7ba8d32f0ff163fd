/** Every setting, read and checked once. */
export { meantName } from './misspelt.js'
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
} from './settings.js'
export { type NumberByStream, parseLocations, trackingUriFault } from './settingText.js'
