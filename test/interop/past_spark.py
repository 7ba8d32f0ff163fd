"""Makes tables with Spark and asks it about their past: rows as of a version or a time, change feeds, a restore.

past_spark.py <jars> <plan.json>, where the file holds a list of {"name", "folder", "statements", "moments", "changes",
"versions", "restore"}: the table's statements (which call it {t}), whether to ask for times around each commit, pairs
of versions [from, to] to read the feed of, versions to read, and a version to restore to, in a copy beside the table
that is called "<folder>.restored". Prints one line for each question: {"table", "words", "file"} with the file that
holds Spark's rows, or {"table", "words", "error"}. `words` ask the same of `lake`.
"""
import datetime
import json
import os
import shutil
import sys
import time

import normal
from session import open_session

jars, plan_path = sys.argv[1:]
with open(plan_path) as file:
    plan = json.load(file)
spark = open_session(jars)
out = os.path.join(os.path.dirname(plan_path), "answers")
os.mkdir(out)
asked = 0


def load(folder, **options):
    reader = spark.read.format("delta")
    for name, value in options.items():
        reader = reader.option(name, value)
    return reader.load(folder)


def ask(table, words, read):
    global asked
    asked += 1
    answer = {"table": table, "words": words}
    target = os.path.join(out, f"{asked}.jsonl")
    try:
        normal.write(read().toArrow(), target)
        answer["file"] = target
    except Exception as error:
        answer["error"] = str(error)[:300]
    print(json.dumps(answer), flush=True)


def sql(statement, folder):
    return spark.sql(statement.replace("{t}", f"delta.`{folder}`"))


def text(moment, milliseconds):
    return (moment + datetime.timedelta(milliseconds=milliseconds)).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


for case in plan:
    name, folder = case["name"], case["folder"]
    for statement in case["statements"]:
        sql(statement, folder)
        time.sleep(0.01)
    for first, last in case.get("changes", []):
        words = ["changes", "--from", str(first)] + ([] if last is None else ["--to", str(last)])
        options = {"readChangeFeed": "true", "startingVersion": first} | ({} if last is None else {"endingVersion": last})
        ask(name, words, lambda: load(folder, **options))
    for version in case.get("versions", []):
        ask(name, ["read", "--version", str(version)], lambda: load(folder, versionAsOf=version))
    if case.get("moments"):
        times = [row["timestamp"] for row in sql("DESCRIBE HISTORY {t}", folder).collect()]
        moments = [text(moment, shift) for moment in times for shift in (-1, 0, 1)] + ["2001-01-01", "2099-01-01 00:00:00"]
        for moment in moments:
            ask(name, ["read", "--timestamp", moment], lambda: load(folder, timestampAsOf=moment))
            ask(name, ["changes", "--from-timestamp", moment], lambda: load(folder, readChangeFeed="true", startingTimestamp=moment))
            ask(name, ["changes", "--from", "0", "--to-timestamp", moment], lambda: load(folder, readChangeFeed="true", startingVersion=0, endingTimestamp=moment))
    if case.get("restore") is not None:
        copy = folder + ".restored"
        shutil.copytree(folder, copy)
        sql(f"RESTORE TABLE {{t}} TO VERSION AS OF {case['restore']}", copy)
        ask(name, ["restore", "--version", str(case["restore"])], lambda: load(copy))
spark.stop()
