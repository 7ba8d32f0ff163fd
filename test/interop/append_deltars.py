"""usage: append_deltars.py DONOR TABLE [DONOR TABLE ...]: appends each donor's rows to a table with delta-rs."""
import sys

from deltalake import DeltaTable, write_deltalake

for donor, table in zip(sys.argv[1::2], sys.argv[2::2]):
    write_deltalake(table, DeltaTable(donor).to_pyarrow_table(), mode="append")
