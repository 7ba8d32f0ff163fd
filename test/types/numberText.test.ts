import { expect, test } from 'vitest'

import { formatDouble, formatFloat, inWords, parseDouble, parseSparkDouble } from '../../shared/types/numberText.js'
import { Random, seedNote } from '../random.js'

/** A double, and what Java 17 writes for it and for the float nearest to it. */
const written: readonly (readonly [value: number, double: string, float: string])[] = [
  [5e-324, '4.9E-324', '0.0'],
  [1e-323, '1.0E-323', '0.0'],
  [2e-323, '2.0E-323', '0.0'],
  [1e23, '9.999999999999999E22', '1.0E23'],
  [2e23, '1.9999999999999998E23', '2.0E23'],
  [1e22, '1.0E22', '1.0E22'],
  [0.0095, '0.0095', '0.0095'],
  [0.002, '0.002', '0.002'],
  [10000000.0, '1.0E7', '1.0E7'],
  [0.001, '0.001', '0.001'],
  [123456789.125, '1.23456789125E8', '1.23456792E8'],
  [9007199254740992.0, '9.007199254740992E15', '9.0071993E15'],
  [1e16, '1.0E16', '1.00000003E16'],
  [1.1, '1.1', '1.1'],
  [0.1, '0.1', '0.1'],
  [9.223372036854776e18, '9.223372036854776E18', '9.223372E18'],
  [1.7976931348623157e308, '1.7976931348623157E308', 'Infinity'],
  [2.2250738585072014e-308, '2.2250738585072014E-308', '0.0'],
  [5e-5, '5.0E-5', '5.0E-5'],
  [5.684341886080802e-14, '5.6843418860808015E-14', '5.684342E-14'],
  [8.41e21, '8.409999999999999E21', '8.41E21'],
  [1e-5, '1.0E-5', '1.0E-5'],
  [100.0, '100.0', '100.0'],
  [9999999.0, '9999999.0', '9999999.0'],
  [1000000000000000.0, '1.0E15', '9.9999999E14'],
  [1e17, '1.0E17', '9.9999998E16'],
  [1e18, '1.0E18', '9.9999998E17'],
  [1.2345678901234568e17, '1.2345678901234568E17', '1.23456791E17'],
  [3e-44, '3.0E-44', '2.9E-44'],
  [4.35, '4.35', '4.35'],
  [2e-44, '2.0E-44', '2.0E-44'],
  [2.2e-322, '2.2E-322', '0.0'],
  [6.377910989103091e18, '6.3779109891030907E18', '6.3779113E18'],
  [3.8244135794229805e-5, '3.8244135794229805E-5', '3.8244136E-5'],
  [4.0952067234855485e18, '4.0952067234855485E18', '4.09520665E18'],
  [9947320023919716.0, '9.947320023919716E15', '9.9473204E15'],
  [-5.846371297184805e18, '-5.8463712971848049E18', '-5.8463711E18'],
  [8.740796499926741e18, '8.740796499926741E18', '8.7407964E18'],
  [2.0399037567925828e123, '2.0399037567925828E123', 'Infinity'],
  [62638680938.66367, '6.263868093866367E10', '6.2638682E10'],
  [2.1411673918254408e89, '2.1411673918254408E89', 'Infinity'],
  [1.003720022646947e112, '1.003720022646947E112', 'Infinity'],
  [1766020.8177951574, '1766020.8177951574', '1766020.9'],
  [9449.74653, '9449.74653', '9449.746'],
  [427559.639, '427559.639', '427559.62'],
  [6.377910989103091e18, '6.3779109891030907E18', '6.3779113E18'],
  [3.8244135794229805e-5, '3.8244135794229805E-5', '3.8244136E-5'],
  [920.414012, '920.414012', '920.414'],
  [4.0952067234855485e18, '4.0952067234855485E18', '4.09520665E18'],
  [439000000000000.0, '4.39E14', '4.39000016E14'],
  [9947320023919716.0, '9.947320023919716E15', '9.9473204E15'],
  [-433.70212123530166, '-433.70212123530166', '-433.70212'],
  [-879.6912552844205, '-879.6912552844205', '-879.6913'],
  [511848.785, '511848.785', '511848.78'],
]

test.each(written)('%s is written as Java writes it', (value, double, float) => {
  expect([formatDouble(value), formatFloat(value)]).toEqual([double, float])
  expect([formatDouble(-value), formatFloat(-value)]).toEqual([negated(double), negated(float)])
})

test('what is not a finite number, and both zeros', () => {
  expect([NaN, Infinity, -Infinity, 0, -0].map(formatDouble)).toEqual(['NaN', 'Infinity', '-Infinity', '0.0', '-0.0'])
  expect([NaN, Infinity, -Infinity, 0, -0].map(formatFloat)).toEqual(['NaN', 'Infinity', '-Infinity', '0.0', '-0.0'])
})

test('every text reads back as the number it is of', () => {
  const random = new Random()
  const view = new DataView(new ArrayBuffer(8))
  for (let i = 0; i < 20_000; i++) {
    view.setUint32(0, random.below(2 ** 32))
    view.setUint32(4, random.below(2 ** 32))
    const double = view.getFloat64(0)
    const float = view.getFloat32(0)
    expect(parseSparkDouble(formatDouble(double)), seedNote).toBe(double)
    expect(Math.fround(parseSparkDouble(formatFloat(float)) ?? 0), seedNote).toBe(float)
  }
})

test('finite numbers in decimal notation are read alike; blanks and what is not finite are for Spark alone', () => {
  for (const [text, value] of [
    ['1984', 1984],
    ['-0.5', -0.5],
    ['+.5', 0.5],
    ['5.', 5],
    ['1e3', 1000],
    ['1E400', Infinity],
  ] as const)
    expect([parseDouble(text), parseSparkDouble(text)], text).toEqual([value, value])
  for (const text of ['', '.', '-', '1e', 'e1', '1,5', '0x10', '1_000', 'one'])
    expect([parseDouble(text), parseSparkDouble(text)], text).toEqual([undefined, undefined])
  for (const [text, value] of [
    [' 1.5 ', 1.5],
    ['NaN', NaN],
    ['nan', NaN],
    ['Infinity', Infinity],
    ['-inf', -Infinity],
  ] as const)
    expect([parseDouble(text), parseSparkDouble(text)], text).toEqual([undefined, value])
})

function negated(text: string): string {
  return text.startsWith('-') ? text.slice(1) : `-${text}`
}

test.each([
  [-5, '0 s'],
  [119.4, '119 s'],
  [120, '2 min'],
  [7_199, '120 min'],
  [7_200, '2 h'],
  [172_800, '2 days'],
])('%d seconds in words are %s', (seconds, words) => {
  expect(inWords(seconds)).toBe(words)
})
