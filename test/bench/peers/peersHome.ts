import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { projectRoot } from '../../harness/projectRoot.js'
import { pythonHome } from '../../harness/pythonHome.js'

const run = promisify(execFile)
const copyJars = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies'

/** Where the peers are installed: a Python with their packages, and a folder with Spark's jars. */
export interface PeersHome {
  readonly python: string
  readonly jars: string
}

/**
 * The peers in the versions that requirements.txt and pom.xml pin, fetched once into the project's ignored folder. Needs
 * Python 3.11, Java 17 and Maven.
 */
export async function preparePeers(): Promise<PeersHome> {
  const folder = join(projectRoot(), 'test/bench/peers')
  const pom = join(folder, 'pom.xml')
  const { home, python } = await pythonHome({
    name: 'peers',
    requirements: 'test/bench/peers/requirements.txt',
    digested: [await readFile(pom)],
    async prepare(into) {
      const maven = ['-q', '-B', '-f', pom, copyJars, '-DincludeScope=runtime']
      await run('mvn', [...maven, `-DoutputDirectory=${join(into, 'jars')}`], { maxBuffer: 1 << 26 })
    },
  })
  return { python, jars: join(home, 'jars') }
}
