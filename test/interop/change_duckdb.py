"""usage: change_duckdb.py PLAN: changes tables with DuckDB's delta extension, statement by statement, and reads them.

PLAN is a JSON file: a list of {"table", "out", "steps": [SQL that calls the table {t}]}. Written are OUT.after in the form
of normal.py, and OUT.said, a JSON list of what DuckDB had to say against each statement.
"""
import json
import sys

import duck
import normal


def complaint(db, statement: str) -> str:
    try:
        db.execute(statement)
        return ""
    except Exception as error:
        return " ".join(f"{type(error).__name__}: {error}".split())[:1000]


with open(sys.argv[1], encoding="utf-8") as file:
    plan = json.load(file)
for change in plan:
    source, out = change["table"], change["out"]
    # One each: an internal error makes a connection useless.
    with duck.open_duckdb() as db:
        db.execute(f"ATTACH '{source}' AS t (TYPE delta)")
        said = [complaint(db, step.replace("{t}", "t")) for step in change["steps"]]
        with open(f"{out}.said", "w", encoding="utf-8") as file:
            json.dump(said, file)
        normal.write_each(lambda folder: db.sql(f"SELECT * FROM delta_scan('{folder}')").to_arrow_table(), [source, f"{out}.after"])
