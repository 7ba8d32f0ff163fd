import { prepareOtherReaders } from './otherReaders.js'

/** Installs the other engines before a test's time runs. Nothing to do once they are there. */
export async function setup(): Promise<void> {
  await prepareOtherReaders()
}
