"""usage: read_deltars.py TABLE OUT [TABLE OUT ...]: reads Delta tables with delta-rs."""
import sys

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder

import normal


def read(source: str) -> pa.Table:
    # By its own engine: pyarrow cannot cast a null struct whose fields are required.
    return pa.table(QueryBuilder().register("t", DeltaTable(source)).execute("SELECT * FROM t"))


normal.write_each(read, sys.argv[1:])
