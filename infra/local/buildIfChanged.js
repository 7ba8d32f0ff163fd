// `npm start` compiles only when a source is other than at the last build: asking the compiler takes seconds.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

// Checked here, since what is compiled fails on an older one before its first line runs.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 15)) {
  process.stderr.write(
    `error: This needs Node 22.15 or newer, and this is ${process.version}; \`npm ci\` brings one of the project's own, which npm then uses.\n`,
  )
  process.exit(1)
}

const stampFile = 'dist/.built'
const roots = [
  'functions',
  'shared',
  'infra',
  'test/bench',
  'test/chaos',
  'tsconfig.json',
  'tsconfig.build.json',
  'package-lock.json',
]

function* filesIn(path) {
  if (!existsSync(path)) return
  if (!statSync(path).isDirectory()) yield path
  else for (const name of readdirSync(path).sort()) yield* filesIn(join(path, name))
}

function stamp() {
  const hash = createHash('sha256')
  for (const root of roots) for (const file of filesIn(root)) hash.update(file).update(readFileSync(file)).update('\0')
  return hash.digest('hex')
}

const now = stamp()
const isBuilt =
  existsSync(stampFile) &&
  existsSync('dist/infra/local/main.js') &&
  existsSync('node_modules/.bin/lake') &&
  readFileSync(stampFile, 'utf8') === now
if (!isBuilt) {
  try {
    execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' })
  } catch {
    process.exit(1)
  }
  writeFileSync(stampFile, now)
}
