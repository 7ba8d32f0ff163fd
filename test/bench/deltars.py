"""Measures delta-rs for the benchmark: one JSON request a line, one JSON answer a line with wall and processor seconds."""
import json
import sys
import time

import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from deltalake import DeltaTable, QueryBuilder, write_deltalake


def open_table(request):
    adds = DeltaTable(request["table"]).get_add_actions()
    return adds.num_rows


def compact(request):
    metrics = DeltaTable(request["table"]).optimize.compact()
    return metrics["numFilesRemoved"]


def lookup_pyarrow(request):
    dataset = DeltaTable(request["table"]).to_pyarrow_dataset()
    return dataset.to_table(filter=ds.field("id") == request["key"]).num_rows


def lookup_query(request):
    table = DeltaTable(request["table"])
    return QueryBuilder().register("t", table).execute(f"SELECT * FROM t WHERE id = {request['key']}").read_all().num_rows


def sum_pyarrow(request):
    dataset = DeltaTable(request["table"]).to_pyarrow_dataset()
    found = dataset.to_table(columns=["quantity"], filter=ds.field("value") > 0.5)
    return pc.sum(found["quantity"]).as_py()


def sum_query(request):
    table = DeltaTable(request["table"])
    found = QueryBuilder().register("t", table).execute("SELECT sum(quantity) AS total FROM t WHERE value > 0.5")
    return found.read_all()["total"][0].as_py()


sources = {}


def append(request):
    rows = sources[request["source"]]
    write_deltalake(request["table"], rows, mode="append")
    return rows.num_rows


def merge(request):
    merger = DeltaTable(request["table"]).merge(
        sources[request["source"]], "target.id = source.id", source_alias="source", target_alias="target"
    )
    metrics = merger.when_matched_update_all().when_not_matched_insert_all().execute()
    return metrics["num_target_rows_updated"] + metrics["num_target_rows_inserted"]


def vacuum_full(request):
    table = DeltaTable(request["table"])
    return len(table.vacuum(0, dry_run=False, enforce_retention_duration=False, full=True))


work = {
    "open": open_table,
    "compact": compact,
    "lookupPyarrow": lookup_pyarrow,
    "lookupQuery": lookup_query,
    "sumPyarrow": sum_pyarrow,
    "sumQuery": sum_query,
    "append": append,
    "merge": merge,
    "vacuumFull": vacuum_full,
}

for line in sys.stdin:
    request = json.loads(line)
    try:
        source = request.get("source")
        if source is not None and source not in sources:
            sources[source] = pq.read_table(source)
        wall, cpu = time.perf_counter(), time.process_time()
        result = work[request["work"]](request)
        answer = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "result": result}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
