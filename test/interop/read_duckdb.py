"""usage: read_duckdb.py TABLE OUT [TABLE OUT ...]: reads Delta tables with DuckDB's delta extension."""
import os
import sys

import duckdb
import duckdb_extension_delta

import normal

folder = os.path.dirname(duckdb_extension_delta.__file__)
extension = next(
    os.path.join(root, name) for root, _, names in os.walk(folder) for name in names if name.endswith(".duckdb_extension")
)
db = duckdb.connect(config={"allow_unsigned_extensions": "true"})
db.execute("SET TimeZone = 'UTC'")
db.load_extension(extension)


def read(source: str):
    return db.sql(f"SELECT * FROM delta_scan('{source}')").to_arrow_table()


normal.write_each(read, sys.argv[1:])
