import { alterTable, parseColumnText, type TableChange } from '../../delta/ddl/index.js'
import { parseColumnList, parseColumnPath } from '../../types/index.js'
import { type GivenOption, keyValue, type OptionSpec } from '../arguments/index.js'
import { CliError } from '../cliError.js'
import type { Command } from '../command.js'
import { changeTable, externalLocationOptions } from '../tables/index.js'

interface Change {
  readonly spec: OptionSpec
  read(value: string): TableChange
}

const change = (value: string, about: string, read: (text: string) => TableChange): Change => ({
  spec: { value, about, repeats: true },
  read,
})

/** The changes of a table, by option. */
const changes: Readonly<Record<string, Change>> = {
  'add-column': change(
    '"x INT"',
    'a new column, perhaps with COMMENT, FIRST or AFTER y; s.x for one inside a struct',
    addColumn,
  ),
  rename: change('a=b', 'another name for a column (needs column mapping)', text => {
    const [column, name] = keyValue('rename', text)
    return { kind: 'renameColumn', column, name }
  }),
  'drop-column': change('x', 'take a column away (needs column mapping)', column => ({ kind: 'dropColumn', column })),
  widen: change('"x BIGINT"', 'a wider type for a column (needs delta.enableTypeWidening)', text => {
    const { path, field } = parseColumnText(text)
    return { kind: 'widenType', column: path, type: field.type }
  }),
  'drop-not-null': change('x', 'let a column be null', column => ({ kind: 'dropNotNull', column })),
  'set-not-null': change('x', 'let a column be null no longer; no row may be', column => ({
    kind: 'setNotNull',
    column,
  })),
  'column-comment': change('"x: text"', 'what a column is', text => {
    const [column, comment] = keyValue('column-comment', text, ':')
    return { kind: 'setComment', column, comment: comment === '' ? undefined : comment }
  }),
  'set-property': change('k=v', 'a property; turns on the features that it needs', text => ({
    kind: 'setProperties',
    properties: Object.fromEntries([keyValue('set-property', text)]),
  })),
  'unset-property': change('k', 'take a property away', name => ({ kind: 'unsetProperties', names: [name] })),
  'add-constraint': change(
    '"name: condition"',
    "a condition in Spark's SQL that every row has to meet, those that are there too",
    text => {
      const [name, expression] = keyValue('add-constraint', text, ':')
      return { kind: 'addConstraint', name, expression }
    },
  ),
  'drop-constraint': change('name', 'take a constraint away', name => ({ kind: 'dropConstraint', name })),
  'cluster-by': change('a,b|none', 'columns that `lake optimize` sorts rows along', text => ({
    kind: 'setClustering',
    columns: text === 'none' ? [] : parseColumnList(text),
  })),
  'add-feature': change('name', 'turn on a table feature by name', feature => ({ kind: 'addFeature', feature })),
  'drop-feature': change('name', 'take a table feature away that nothing needs any more', feature => ({
    kind: 'dropFeature',
    feature,
  })),
}

/**
 * `lake alter`: all changes are one commit.
 * @throws CliError USAGE when none is given
 */
export const alter: Command = {
  usage: 'alter <table>',
  summary: "change a table's columns, properties and rules",
  about:
    "Changes a table's columns, properties, constraints, clustering or features, all in one version and in the order of the options, " +
    'each of which may be given more than once. No row is written. Prints what was done as one JSON object.',
  examples: [
    "lake alter ./sales --add-column 'note STRING'",
    "lake alter ./sales --add-constraint 'paid: amount >= 0'",
  ],
  positionals: { least: 1, most: 1 },
  options: {
    ...Object.fromEntries(Object.entries(changes).map(([option, { spec }]) => [option, spec])),
    ...externalLocationOptions,
  },
  async run(context, args) {
    const wanted = changesOf(args.given)
    if (wanted.length === 0)
      throw new CliError(
        'USAGE',
        `Say what changes: ${Object.keys(changes)
          .map(option => `--${option}`)
          .join(', ')}.`,
      )
    await changeTable(context, args, ({ table }, options) => alterTable(table, wanted, options))
  },
}

/** The changes that options stand for, in their order. */
export function changesOf(given: readonly GivenOption[]): readonly TableChange[] {
  return given.flatMap(({ option, value }) =>
    Object.hasOwn(changes, option) ? [(changes[option] as Change).read(value)] : [],
  )
}

function addColumn(text: string): TableChange {
  const { path, field, position } = parseColumnText(text)
  const parent = path.slice(0, -1)
  return {
    kind: 'addColumns',
    columns: [{ ...(parent.length === 0 ? {} : { parent: parseColumnPath(parent) }), field, position }],
  }
}
