/**
 * Runs the unit tests that draw data over many seeds: `npm run test:seeds -- [SEEDS] [FIRST]`. What fails is named with
 * the seed that brings it again; the exit code is 1 then.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const generator = join(root, 'test', 'random.ts')

/** Test files by whether what they import, themselves or through other files of the tests, leads to the generator. */
function drawsData(file: string, seen = new Set<string>()): boolean {
  if (file === generator) return true
  if (seen.has(file) || !existsSync(file)) return false
  seen.add(file)
  return [...readFileSync(file, 'utf8').matchAll(/from '(\.[^']+)'/g)].some(([, path = '']) =>
    drawsData(resolve(dirname(file), path.replace(/\.js$/, '.ts')), seen),
  )
}

function wholeNumber(text: string | undefined, otherwise: number): number {
  const value = Number(text ?? otherwise)
  if (Number.isSafeInteger(value) && value >= 0) return value
  process.stderr.write(`usage: npm run test:seeds -- [SEEDS] [FIRST]; ${text ?? ''} is no whole number\n`)
  process.exit(2)
}

const seeds = wholeNumber(process.argv[2], 20)
const first = wholeNumber(process.argv[3], 1)
const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.test.ts') && !/^(integration|interop|conformance|chaos)\//.test(path))
  .map(path => join(root, 'test', path))
  .filter(file => drawsData(file))
  .map(file => relative(root, file))

const failing: number[] = []
for (let seed = first; seed < first + seeds; seed++) {
  const { status, stdout } = spawnSync('npx', ['vitest', 'run', '--project', 'unit', '--reporter=dot', ...files], {
    cwd: root,
    env: { ...process.env, TEST_SEED: String(seed), NO_COLOR: '1' },
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  const failures = stdout.split('\n').filter(line => line.startsWith(' FAIL '))
  process.stdout.write(`seed ${seed}: ${status === 0 ? 'passed' : `failed\n${failures.join('\n')}`}\n`)
  if (status !== 0) failing.push(seed)
}
process.stdout.write(
  `${files.length} files, ${seeds} seeds, ${failing.length} failing${failing.length === 0 ? '' : `: TEST_SEED=${failing.join(', ')}`}\n`,
)
process.exitCode = failing.length === 0 ? 0 : 1
