"""Measures delta-rs for the benchmark: one JSON request a line, one JSON answer a line with wall and processor seconds."""
import json
import sys
import time

from deltalake import DeltaTable, QueryBuilder


def open_table(request):
    adds = DeltaTable(request["table"]).get_add_actions()
    return adds.num_rows


def compact(request):
    metrics = DeltaTable(request["table"]).optimize.compact()
    return metrics["numFilesRemoved"]


def lookup_pyarrow(request):
    import pyarrow.dataset as ds

    dataset = DeltaTable(request["table"]).to_pyarrow_dataset()
    return dataset.to_table(filter=ds.field("id") == request["key"]).num_rows


def lookup_query(request):
    table = DeltaTable(request["table"])
    return QueryBuilder().register("t", table).execute(f"SELECT * FROM t WHERE id = {request['key']}").read_all().num_rows


work = {"open": open_table, "compact": compact, "lookupPyarrow": lookup_pyarrow, "lookupQuery": lookup_query}

for line in sys.stdin:
    request = json.loads(line)
    try:
        wall, cpu = time.perf_counter(), time.process_time()
        result = work[request["work"]](request)
        answer = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "result": result}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
