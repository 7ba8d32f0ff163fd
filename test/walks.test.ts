import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

import { describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')

/** Names that a file takes of another; all of them where the names do not show. */
interface Taken {
  readonly file: string
  readonly names: readonly string[] | undefined
}

const list = String.raw`\{([^}]*)\}`
const spec = String.raw`'(\.{1,2}/[^']+)'`
const statements = [
  new RegExp(String.raw`^(?:import|export) ${list} from ${spec}`, 'gm'),
  new RegExp(String.raw`const ${list} = await import\(${spec}\)`, 'g'),
  new RegExp(String.raw`await import\(${spec}\)\)\.(\w+)`, 'g'),
  new RegExp(String.raw`import\(${spec}\)`, 'g'),
]

/** What a file calls of others. What it imports as a type alone leads nowhere. */
function takenBy(file: string): readonly Taken[] {
  const text = read(file)
  return statements.flatMap((statement, kind) =>
    [...text.matchAll(statement)].flatMap(([, a = '', b = '']) => {
      const [names, path] = kind < 2 ? [namesIn(a), b] : [kind === 2 ? [b] : undefined, a]
      return names?.length === 0 ? [] : [{ file: join(dirname(file), path).replace(/\.js$/, '.ts'), names }]
    }),
  )
}

/** Names in the braces of an import, as the other file has them, without types. */
function namesIn(braces: string): readonly string[] {
  return braces
    .split(',')
    .map(one => one.trim())
    .filter(one => one !== '' && !one.startsWith('type '))
    .map(one => one.split(/ as |:/)[0]?.trim() ?? '')
}

const known = new Map<string, ReadonlySet<string>>()

/** The files that a file calls, through doors: a door is only passed. */
function calledBy(file: string): ReadonlySet<string> {
  const before = known.get(file)
  if (before !== undefined) return before
  const called = new Set<string>()
  known.set(file, called)
  const follow = ({ file: target, names }: Taken) => {
    if (basename(target) !== 'index.ts') {
      called.add(target)
      return
    }
    for (const behind of takenBy(target)) {
      const wanted = behind.names?.filter(name => names === undefined || names.includes(name))
      if (wanted?.length !== 0) follow({ ...behind, names: wanted })
    }
  }
  for (const one of takenBy(file)) follow(one)
  return called
}

/** The walks of the page, by their headings: the files of each in their order. */
function walksOf(page: string): readonly (readonly [string, readonly string[]])[] {
  const [, behind = ''] = page.split(/^## Three walks$/m)
  const [section = ''] = behind.split(/^## /m)
  return section
    .split(/^### /m)
    .slice(1)
    .map(walk => [walk.split('\n')[0] ?? '', [...walk.matchAll(/^\d+\. `([^`]+)`/gm)].map(([, file = '']) => file)])
}

/** What is wrong with a walk: a file that is not there, comes twice, is called by none before it, or calls one. */
function faultsOf(files: readonly string[], calls = calledBy): readonly string[] {
  return files.flatMap((file, at) => {
    if (!existsSync(join(root, file))) return [`${file} is not there`]
    const before = files.slice(0, at)
    if (before.includes(file)) return [`${file} comes twice`]
    const up = before.filter(one => calls(file).has(one)).map(one => `${file} calls ${one}, which stands before it`)
    const reached = at === 0 || before.some(one => existsSync(join(root, one)) && calls(one).has(file))
    return reached ? up : [...up, `${file} is called by none before it`]
  })
}

const walks = walksOf(read('docs/development.md'))

describe('the walks through the code', () => {
  test('there are three, and each is long enough to be one', () => {
    expect(walks.map(([heading]) => heading)).toHaveLength(3)
    for (const [, files] of walks) expect(files.length).toBeGreaterThan(12)
  })

  test.each(walks)('%s: one way, each file once', (_, files) => {
    expect(faultsOf(files)).toEqual([])
  })

  test('the check sees a way back up, a file that comes twice, one that is gone and one that none calls', () => {
    const [, [first = '', second = '', third = ''] = []] = walks[1] ?? []
    const calls = (file: string) => new Set(file === third ? [second, first] : file === first ? [second, third] : [])
    expect(faultsOf([first, second], calls)).toEqual([])
    expect(faultsOf([first, second, third], calls)).toHaveLength(2)
    expect(faultsOf([first, second, second], calls)).toEqual([`${second} comes twice`])
    expect(faultsOf([second, first], calls)[0]).toContain('which stands before it')
    expect(faultsOf([first, 'shared/pipeline/gone.ts'], calls)).toEqual(['shared/pipeline/gone.ts is not there'])
    expect(faultsOf([second, third], calls)[0]).toContain('which stands before it')
    expect(faultsOf([second, 'shared/errors.ts'], calls)).toEqual(['shared/errors.ts is called by none before it'])
  })

  test('a name is followed through doors to the file that has it, and a type leads nowhere', () => {
    const called = calledBy('functions/silver.ts')
    expect(called).toContain('shared/pipeline/steps.ts')
    expect(called).toContain('shared/pipeline/step/requireSuccess.ts')
    expect(called).not.toContain('shared/pipeline/step/reportStep.ts')
    expect(calledBy('shared/pipeline/bronze/append.ts')).not.toContain('shared/pipeline/bronze/encode.ts')
    expect(calledBy('shared/cli/commandList.ts')).toContain('shared/cli/commands/read.ts')
  })
})
