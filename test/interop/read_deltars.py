"""usage: read_deltars.py TABLE OUT [TABLE OUT ...]: reads Delta tables with delta-rs."""
import sys

import pyarrow as pa
from deltalake import DeltaTable

import normal

for source, target in zip(sys.argv[1::2], sys.argv[2::2]):
    normal.write(DeltaTable(source).to_pyarrow_table(), target)
