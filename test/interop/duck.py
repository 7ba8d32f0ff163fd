"""The DuckDB that the interop tests use: its delta extension from the package, UTC."""
import os

import duckdb
import duckdb_extension_delta


def open_duckdb() -> duckdb.DuckDBPyConnection:
    folder = os.path.dirname(duckdb_extension_delta.__file__)
    extension = next(
        os.path.join(root, name) for root, _, names in os.walk(folder) for name in names if name.endswith(".duckdb_extension")
    )
    db = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    db.execute("SET TimeZone = 'UTC'")
    db.load_extension(extension)
    return db
