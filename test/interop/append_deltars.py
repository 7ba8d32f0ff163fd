"""usage: append_deltars.py DONOR TABLE [DONOR TABLE ...]: appends each donor's rows to a table with delta-rs."""
import sys

from deltalake import DeltaTable, QueryBuilder, write_deltalake

for donor, table in zip(sys.argv[1::2], sys.argv[2::2]):
    # By its own engine: threads of pyarrow that still call Python can abort the process at its end.
    rows = QueryBuilder().register("donor", DeltaTable(donor)).execute("SELECT * FROM donor").read_all()
    write_deltalake(table, rows, mode="append")
