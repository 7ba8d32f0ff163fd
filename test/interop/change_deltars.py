"""usage: change_deltars.py PLAN: changes tables with delta-rs, step by step, and reads them.

PLAN is a JSON file: a list of {"table", "out", "steps": [name of a step below], "changesFrom"?}. Written are, in the form
of normal.py, OUT.after and OUT.changes; also OUT.said, a JSON list of what delta-rs had to say against each step: a step
that changes nothing has failed.
"""
import json
import sys

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder, write_deltalake

import normal


def query(table: DeltaTable, what: str) -> pa.Table:
    return pa.table(QueryBuilder().register("t", table).execute(f"SELECT {what}"))


def append(table: DeltaTable) -> bool:
    rows = query(table, "* FROM t WHERE id = 4 LIMIT 1")
    for name, value in {"id": 7810, "s": "by delta-rs"}.items():
        rows = rows.set_column(rows.column_names.index(name), name, pa.array([value] * rows.num_rows, rows[name].type))
    write_deltalake(table, rows, mode="append")
    return rows.num_rows > 0


def update(table: DeltaTable) -> bool:
    return table.update(predicate="id = 4", updates={"s": "'by delta-rs, too'"})["num_updated_rows"] > 0


def merge(table: DeltaTable) -> bool:
    source = pa.table({"id": pa.array([7810, 7811], pa.int64()), "s": ["by delta-rs, merged"] * 2})
    merger = table.merge(source, "t.id = n.id", source_alias="n", target_alias="t")
    done = merger.when_matched_update({"s": "n.s"}).when_not_matched_insert({"id": "n.id", "s": "n.s"}).execute()
    return done["num_target_rows_inserted"] == 1


def delete(table: DeltaTable) -> bool:
    return table.delete("id = 4")["num_deleted_rows"] > 0


def optimize(table: DeltaTable) -> bool:
    return table.optimize.compact()["numFilesRemoved"] > 0


def checkpoint(table: DeltaTable) -> bool:
    table.create_checkpoint()
    return True


STEPS = {step.__name__: step for step in (append, update, merge, delete, optimize, checkpoint)}


def complaint(step: str, source: str) -> str:
    try:
        return "" if STEPS[step](DeltaTable(source)) else "nothing was done"
    except BaseException as error:  # A panic in Rust is no Exception.
        return " ".join(f"{type(error).__name__}: {error}".split())[:1000]


def changes(source: str, first: int) -> pa.Table:
    feed = pa.table(DeltaTable(source).load_cdf(starting_version=first))
    # It counts versions without a sign, and Delta has no such type.
    at = feed.column_names.index("_commit_version")
    return feed.set_column(at, "_commit_version", feed["_commit_version"].cast(pa.int64()))


with open(sys.argv[1], encoding="utf-8") as file:
    plan = json.load(file)
for change in plan:
    source, out, first = change["table"], change["out"], change.get("changesFrom")
    said = [complaint(step, source) for step in change["steps"]]
    with open(f"{out}.said", "w", encoding="utf-8") as file:
        json.dump(said, file)
    normal.write_each(lambda folder: query(DeltaTable(folder), "* FROM t"), [source, f"{out}.after"])
    if first is not None:
        normal.write_each(lambda folder: changes(folder, first), [source, f"{out}.changes"])
