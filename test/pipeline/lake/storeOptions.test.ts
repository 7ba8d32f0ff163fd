import { expect, test } from 'vitest'

import { storeOptions } from '../../../shared/pipeline/lake/storeOptions.js'
import { readSettings } from '../../../shared/settings/index.js'

test('storage is opened by what the settings say, and not by the environment around them', () => {
  const settings = readSettings({
    LAKE_CONNECTION_STRING: 'UseDevelopmentStorage=true',
    AZURE_CLIENT_ID: '01234567-89ab-cdef-0123-456789abcdef',
    LAKE_EXTERNAL_LOCATIONS: 'file:///data',
  })
  expect(storeOptions(settings)).toEqual({
    connectionString: 'UseDevelopmentStorage=true',
    managedIdentityClientId: '01234567-89ab-cdef-0123-456789abcdef',
    externalLocations: ['file:///data'],
  })
  expect(storeOptions(readSettings({ AZURE_CLIENT_ID: '' })).managedIdentityClientId).toBeUndefined()
})
