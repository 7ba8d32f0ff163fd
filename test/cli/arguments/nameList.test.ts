import { describe, expect, test } from 'vitest'

import { keyValue } from '../../../shared/cli/arguments/keyValue.js'
import { splitNames } from '../../../shared/cli/arguments/nameList.js'

describe('names on the command line', () => {
  test.each<[string, string[]]>([
    ['a,b', ['a', 'b']],
    [' a , b ', ['a', 'b']],
    ['a,,b,', ['a', 'b']],
    ['', []],
    ['a b', ['a b']],
    ['a.b', ['a.b']],
    ['"a,b",c', ['a,b', 'c']],
    ['`a,b`,c', ['a,b', 'c']],
    ['"a""b"', ['a"b']],
    ['`a``b`', ['a`b']],
    [' "a b" , `c` ', ['a b', 'c']],
    ['"`"', ['`']],
    ['"a`,`b"', ['a`,`b']],
    ['a"b', ['a"b']],
    ['"a"b', ['"a"b']],
    ['"a', ['"a']],
  ])('%s is %j', (text, names) => {
    expect(splitNames(text)).toEqual(names)
  })

  test.each<[string, string, string]>([
    ['a = 1', 'a', '1'],
    ['"a = b" = c = d', 'a = b', 'c = d'],
    ['`a = b`=1', 'a = b', '1'],
    ['"x""y"=1', 'x"y', '1'],
    ['"a b"=', 'a b', ''],
    ['a"b=1', 'a"b', '1'],
  ])('%s gives %s the value %s', (text, name, value) => {
    expect(keyValue('set', text)).toEqual([name, value])
  })
})
