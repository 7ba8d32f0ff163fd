import { afterEach, beforeEach, expect, test } from 'vitest'

import { moveAlias, previousAlias, takeAliasBack } from '../../../shared/models/mlflow/moveAlias.js'
import { serverAt, type StandIn, startStandIn, status } from './standIn.js'

const api = '/api/2.0/mlflow/registered-models/alias'
const name = "team's / events"
let server: StandIn

beforeEach(async () => {
  server = await startStandIn()
  server.answer(`POST ${api}`, {})
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
})

/** What each alias points to; the others point to nothing. */
function aliases(versions: Readonly<Record<string, string>>): void {
  server.answer(`GET ${api}`, status(404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'no such alias' }))
  for (const [alias, version] of Object.entries(versions))
    for (const query of asked(alias)) server.answer(query, { model_version: { name, version, source: 's' } })
}

/** The stand-in decodes addresses as a URI, in which an encoded `/` stays. */
const asked = (alias: string) => [`GET ${api}?${decodeURI(new URLSearchParams({ name, alias }).toString())}`]

const moves = () =>
  server.received
    .filter(({ method }) => method === 'POST')
    .map(({ body }) => JSON.parse(body) as { readonly name: string; readonly alias: string; readonly version: string })
    .map(move => {
      expect(move.name).toBe(name)
      return `${move.alias} ${move.version}`
    })

test('what an alias pointed to is kept first, and then it moves', async () => {
  aliases({ champion: '3' })
  expect(await moveAlias(serverAt(server.url), { model: name, alias: 'champion' }, '5')).toEqual({
    version: '5',
    previous: '3',
  })
  expect(moves()).toEqual(['previous 3', 'champion 5'])
})

test('one that points there already moves nothing, so that what it pointed to before is not lost', async () => {
  aliases({ champion: '5', previous: '3' })
  expect(await moveAlias(serverAt(server.url), { model: name, alias: 'champion' }, '5')).toEqual({
    version: '5',
    previous: '3',
  })
  expect(moves()).toEqual([])
})

test('the first one has nothing to keep; a server that refuses the first step is asked for no second', async () => {
  aliases({})
  await moveAlias(serverAt(server.url), { model: name, alias: 'champion' }, '1')
  expect(moves()).toEqual(['champion 1'])
  aliases({ champion: '1' })
  server.answer(`POST ${api}`, status(403, { error_code: 'PERMISSION_DENIED', message: 'not you' }))
  await expect(moveAlias(serverAt(server.url), { model: name, alias: 'champion' }, '2')).rejects.toThrow()
  expect(moves()).toEqual(['champion 1', 'previous 1'])
})

test('taken back, the two change places; two aliases of one model do not share what they keep', async () => {
  aliases({ champion: '5', previous: '3', 'previous-night': '4' })
  const back = await takeAliasBack(serverAt(server.url), { model: name, alias: 'champion' })
  expect(back).toMatchObject({ version: '3', previous: '5', registered: { version: '3' } })
  expect(moves()).toEqual(['previous 5', 'champion 3'])
  expect(previousAlias('night')).toBe('previous-night')
})

test('nothing to take back to is said with what helps', async () => {
  for (const versions of [{ champion: '5' }, { champion: '5', previous: '5' }]) {
    aliases(versions)
    await expect(takeAliasBack(serverAt(server.url), { model: name, alias: 'champion' })).rejects.toThrow(
      `${name}@champion is version 5 on the MLflow server, and no version before it is known there (alias previous). Choose one with lake models promote.`,
    )
  }
  expect(moves()).toEqual([])
})
