"""usage: read_duckdb.py TABLE OUT [TABLE OUT ...]: reads Delta tables with DuckDB's delta extension."""
import sys

import duck
import normal

db = duck.open_duckdb()


def read(source: str):
    return db.sql(f"SELECT * FROM delta_scan('{source}')").to_arrow_table()


normal.write_each(read, sys.argv[1:])
