/** A table that Spark makes, and what is asked of it. */
export interface SparkTable {
  readonly name: string
  readonly settings?: Readonly<Record<string, string>>
  /** `{t}` is the table. */
  readonly make: readonly string[]
  /** How many versions it then has. */
  readonly versions: number
  readonly changesFrom?: number
  /** Conditions that mean the same to Spark and to DuckDB. */
  readonly where?: readonly string[]
}

const everyType = `id INT, by BYTE, sh SHORT, l BIGINT, f FLOAT, d DOUBLE, d38 DECIMAL(38,18), d5 DECIMAL(5,2), s STRING, b BOOLEAN, bin BINARY,
  dt DATE, ts TIMESTAMP, vc VARCHAR(10), ch CHAR(4)`
const extremes = `
  (1, -128, -32768, -9223372036854775808, float('-3.4028235e38'), double('-1.7976931348623157e308'), -99999999999999999999.999999999999999999, -999.99,
   '', false, X'', DATE'0001-01-01', TIMESTAMP'0001-01-01 00:00:00Z', '', 'a'),
  (2, 127, 32767, 9223372036854775807, float('3.4028235e38'), double('1.7976931348623157e308'), 99999999999999999999.999999999999999999, 999.99,
   '\u{10ffff}', true, X'00FF', DATE'9999-12-31', TIMESTAMP'9999-12-31 23:59:59.999999Z', 'abcdefghij', 'abcd'),
  (3, 0, 0, 9007199254740993, float('NaN'), double('NaN'), 0.000000000000000001, 0.01,
   'ü😀', true, X'80', DATE'1582-10-04', TIMESTAMP'1582-10-04 12:34:56.000001Z', 'ü', 'ü'),
  (4, 1, 1, -1, float('-0.0'), double('-0.0'), -0.000000000000000001, -0.01,
   'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', null, X'0A', DATE'1899-12-31', TIMESTAMP'1883-11-18 12:03:57.9Z', null, null),
  (5, null, null, null, null, null, null, null, null, null, null, null, null, null, null)`
const typeConditions = [
  'l = 9007199254740993',
  'l < 0',
  'f > 1',
  'd < 0',
  'd38 > 0.5',
  'd5 = 0.01',
  "s = ''",
  "s > 'x'",
  'b',
  'NOT b',
  'b IS NULL',
  "dt < DATE '1900-01-01'",
  'sh <> 1',
  'id IN (1, 3, 5)',
  's IS NULL OR l < 0',
  'id > 100',
  "vc LIKE 'a%'",
  'sh BETWEEN 0 AND 1',
]

const numbered = (count: number) =>
  Array.from({ length: count }, (_, i) => `INSERT INTO {t} VALUES (${i}, 's${i}', ${i % 2})`)
const properties = (...pairs: string[]) =>
  `TBLPROPERTIES (${pairs.map(pair => pair.replace(/^(\S+)=(\S+)$/, "'delta.$1'='$2'")).join(', ')})`
const [vectors, feed] = ['enableDeletionVectors=true', 'enableChangeDataFeed=true']

const nested = `id INT, a ARRAY<ARRAY<STRING>>, m MAP<INT, MAP<STRING, ARRAY<STRUCT<x: INT, y: MAP<STRING, DATE>>>>>,
  st STRUCT<a: INT, b: STRUCT<c: STRING, d: ARRAY<STRUCT<e: DECIMAL(20,3), f: TIMESTAMP>>>>, gone INT`
const nestedRows = `
  (1, array(array('a', null), null, array()), map(1, map('a', array(named_struct('x', 1, 'y', map('d', DATE'2020-01-01')), null)), 2, null, 3, map()),
   named_struct('a', 1, 'b', named_struct('c', 'cc', 'd', array(named_struct('e', 1.125, 'f', TIMESTAMP'2020-01-01 01:02:03.456789Z'), null))), 1),
  (2, null, null, null, null),
  (3, array(), map(), named_struct('a', null, 'b', null), 3),
  (4, array(null), map(0, null), named_struct('a', 1, 'b', named_struct('c', null, 'd', null)), null)`

/** Objects, lists and numbers that are what they are shredded to, and others. */
const variants = [
  `'{"a":1,"b":{"c":1.5,"d":[{"e":"x"},{"e":null,"more":1},2]},"f":[1,"two",null],"extra":{"deep":[{"k":true}]}}'`,
  `'{"a":"no number","b":{"d":"no list","c":1e300},"f":{},"ü":"😀"}'`,
  `'{"a":null,"b":null,"f":null}'`,
  `'{}'`,
  `'[{"a":1},[2],null]'`,
  `'null'`,
  `'"${'text '.repeat(30)}"'`,
  'null',
]
const variantRows = (first: number) =>
  `VALUES ${variants.map((json, i) => `(${first + i}, parse_json(${json}))`).join(', ')}`
const shredding = {
  'spark.sql.variant.writeShredding.enabled': 'true',
  'spark.sql.variant.inferShreddingSchema': 'false',
  'spark.sql.variant.forceShreddingSchemaForTest':
    'a INT, b STRUCT<c: DECIMAL(10,3), d: ARRAY<STRUCT<e: STRING>>>, f ARRAY<VARIANT>, t TIMESTAMP',
}

export const sparkTables: readonly SparkTable[] = [
  {
    name: 'every type, with deletion vectors and a change feed',
    make: [
      `CREATE TABLE {t} (${everyType}) USING delta ${properties(vectors, feed)}`,
      `INSERT INTO {t} VALUES ${extremes}`,
      'DELETE FROM {t} WHERE id = 4',
      "UPDATE {t} SET l = -5, s = 'updated' WHERE id = 3",
    ],
    versions: 4,
    changesFrom: 0,
    where: typeConditions,
  },
  {
    name: 'times of 96 bits and dates by the Julian calendar',
    settings: {
      'spark.sql.parquet.outputTimestampType': 'INT96',
      'spark.sql.parquet.int96RebaseModeInWrite': 'LEGACY',
      'spark.sql.parquet.datetimeRebaseModeInWrite': 'LEGACY',
      'spark.sql.parquet.writeLegacyFormat': 'true',
    },
    make: [`CREATE TABLE {t} (${everyType}) USING delta`, `INSERT INTO {t} VALUES ${extremes}`],
    versions: 2,
  },
  {
    name: 'nested values as old writers have them',
    settings: { 'spark.sql.parquet.writeLegacyFormat': 'true', 'spark.sql.parquet.compression.codec': 'gzip' },
    make: [`CREATE TABLE {t} (${nested}) USING delta`, `INSERT INTO {t} VALUES ${nestedRows}`],
    versions: 2,
    where: ['st.a = 1', "st.b.c = 'cc'", 'a IS NULL', 'id > 2 AND st.a IS NOT NULL'],
  },
  {
    name: 'nested columns renamed, dropped and added, with a feed',
    make: [
      `CREATE TABLE {t} (${nested}) USING delta ${properties(vectors, feed, 'columnMapping.mode=name')}`,
      'ALTER TABLE {t} RENAME COLUMN st.b.c TO `c c`',
      'ALTER TABLE {t} DROP COLUMN gone',
      'ALTER TABLE {t} ADD COLUMN (gone STRING)',
      `INSERT INTO {t} VALUES ${nestedRows.replaceAll(/, (1|3|null)\)(,\n|$)/g, ", 'g')$2")}`,
      "UPDATE {t} SET st.b.`c c` = 'u' WHERE id IN (1, 2)",
      'DELETE FROM {t} WHERE id = 4',
      'OPTIMIZE {t}',
    ],
    versions: 8,
    changesFrom: 4,
    where: ['st.a = 1', "gone = 'g'"],
  },
  {
    name: 'types that were widened',
    make: [
      `CREATE TABLE {t} (id INT, b BYTE, i INT, f FLOAT, d DATE, c DECIMAL(5,2), arr ARRAY<SHORT>, st STRUCT<x: BYTE>, p SHORT) USING delta
       PARTITIONED BY (p) ${properties('enableTypeWidening=true', 'feature.timestampNtz=supported')}`,
      "INSERT INTO {t} VALUES (1, -128, 9, float('1.1'), DATE'1500-01-02', -999.99, array(1, null), named_struct('x', 5), 1), (2, null, null, float('NaN'), null, null, null, null, null)",
      ...[
        'b TYPE BIGINT',
        'i TYPE DECIMAL(30,10)',
        'f TYPE DOUBLE',
        'd TYPE TIMESTAMP_NTZ',
        'c TYPE DECIMAL(12,4)',
        'arr.element TYPE INT',
        'st.x TYPE DOUBLE',
        'p TYPE BIGINT',
      ].map(change => `ALTER TABLE {t} ALTER COLUMN ${change}`),
      "INSERT INTO {t} VALUES (3, 5000000000, 1.5, 1e300, TIMESTAMP_NTZ'2024-05-06 07:08:09.123456', 1.2345, array(70000), named_struct('x', 0.5), 5000000000)",
    ],
    versions: 11,
    where: ['f > 1.05', 'b = -128', 'c = -999.99', 'p = 1', 'i = 9', 'st.x = 5'],
  },
  {
    name: 'partitions with all kinds of texts and times',
    make: [
      `CREATE TABLE {t} (id INT, p STRING, q TIMESTAMP, d DOUBLE) USING delta PARTITIONED BY (p, q, d) ${properties(feed)}`,
      `INSERT INTO {t} VALUES (1, 'a/b', TIMESTAMP'1969-12-31 23:59:59.999999Z', 0.1), (2, '100%20', null, double('NaN')), (3, '', null, -0.0D),
       (4, 'ü😀+ =&', TIMESTAMP'2024-01-01 00:00:00.5Z', 1.5E100D), (5, null, null, null), (6, '__HIVE_DEFAULT_PARTITION__', null, 2.0E-3D)`,
      'DELETE FROM {t} WHERE p IS NULL',
      'UPDATE {t} SET id = 10 WHERE id = 1',
    ],
    versions: 4,
    changesFrom: 0,
    where: ["p = '100%20'", 'p IS NULL', 'd > 0.05', "p > 'a'", 'id > 3 AND d = 1.5e100'],
  },
  ...['json', 'parquet'].map((format): SparkTable => ({
    name: `V2 checkpoints of ${format}`,
    settings: { 'spark.databricks.delta.checkpointV2.topLevelFileFormat': format },
    make: [
      `CREATE TABLE {t} (id BIGINT, s STRING, p INT) USING delta PARTITIONED BY (p) ${properties('checkpointPolicy=v2', 'checkpointInterval=2', vectors)}`,
      ...numbered(3),
      'DELETE FROM {t} WHERE id = 1',
    ],
    versions: 5,
    where: ['id > 1', 'p = 1'],
  })),
  {
    name: 'checkpoints in parts, with statistics as structs only',
    settings: { 'spark.databricks.delta.checkpoint.partSize': '2' },
    make: [
      `CREATE TABLE {t} (id BIGINT, s STRING, p INT) USING delta PARTITIONED BY (p)
       ${properties('checkpointInterval=3', 'checkpoint.writeStatsAsJson=false', 'checkpoint.writeStatsAsStruct=true')}`,
      ...numbered(4),
    ],
    versions: 5,
    where: ['id > 1', "s = 's2'"],
  },
  {
    name: 'tracked rows, times in commits, clustering',
    make: [
      `CREATE TABLE {t} (id BIGINT, s STRING, p INT) USING delta CLUSTER BY (s) ${properties('enableRowTracking=true', feed, vectors)}`,
      ...numbered(3),
      "ALTER TABLE {t} SET TBLPROPERTIES ('delta.enableInCommitTimestamps'='true')",
      "MERGE INTO {t} t USING (SELECT id + 2 AS id, 'm' AS s, 0 AS p FROM range(3)) n ON t.id = n.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *",
      'OPTIMIZE {t}',
      'RESTORE TABLE {t} TO VERSION AS OF 3',
    ],
    versions: 8,
    changesFrom: 0,
    where: ["s = 'm'", 'id < 2'],
  },
  {
    name: 'variants in parts and whole, with deletion vectors and a change feed',
    settings: shredding,
    make: [
      `CREATE TABLE {t} (id INT, v VARIANT) USING delta ${properties('enableVariantShredding=true', vectors, feed)}`,
      `INSERT INTO {t} ${variantRows(0)}`,
      "UPDATE {t} SET v = to_variant_object(named_struct('a', 70000, 't', TIMESTAMP'1969-12-31 23:59:59.999999Z', 'u', DATE'2024-02-29')) WHERE id IN (1, 5)",
      'DELETE FROM {t} WHERE id = 2',
      'SET spark.sql.variant.writeShredding.enabled=false',
      `INSERT INTO {t} ${variantRows(10)}`,
    ],
    versions: 5,
    changesFrom: 0,
    where: ['id >= 3', 'v IS NULL'],
  },
  {
    name: 'variants in parts in lists and structs under column mapping',
    settings: shredding,
    make: [
      `CREATE TABLE {t} (id INT, l ARRAY<VARIANT>, st STRUCT<v: VARIANT>) USING delta ${properties('enableVariantShredding=true', 'columnMapping.mode=name')}`,
      `INSERT INTO {t} SELECT id, array(parse_json('{"a":2}'), v, null), named_struct('v', v) FROM (${variantRows(0)}) AS x(id, v)`,
    ],
    versions: 2,
    where: ['st.v IS NOT NULL AND id < 4'],
  },
]
