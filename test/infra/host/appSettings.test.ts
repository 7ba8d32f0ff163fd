import { describe, expect, test } from 'vitest'

import { isDisabled } from '../../../infra/local/host/appSettings.js'

describe('a function', () => {
  test.each([
    [{ 'AzureWebJobs.silver.Disabled': 'true' }],
    [{ 'AzureWebJobs.silver.Disabled': ' True ' }],
    [{ 'AzureWebJobs.silver.Disabled': '1' }],
    [{ AzureWebJobs__silver__Disabled: 'true' }],
  ])('is off by %j', settings => {
    expect(isDisabled('silver', settings)).toBe(true)
  })

  test.each([
    [{}],
    [{ 'AzureWebJobs.silver.Disabled': 'false' }],
    [{ 'AzureWebJobs.silver.Disabled': '' }],
    [{ 'AzureWebJobs.gold.Disabled': 'true' }],
    [{ 'AzureWebJobs.silver2.Disabled': 'true', 'AzureWebJobs.silve.Disabled': 'true' }],
  ])('is on by %j', settings => {
    expect(isDisabled('silver', settings)).toBe(false)
  })
})
