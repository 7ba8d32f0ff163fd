"""Asks Spark's own conflict check what becomes of a transaction after another has won.

conflicts_spark.py <jars> <cases.json>, where the file holds a list of {"name", "before": [action, ...], "winner":
[action, ...], "loser": [action, ...], "reads": {"files": "none" | "all" | {"day"} | {"these", "day"}, "appIds": []}}.
Each action is its line of the log. Prints one line for each case: its name and "ok" or the simple name of the exception.
"""
import json
import os
import shutil
import sys
import tempfile

from session import open_session

jars, cases_path = sys.argv[1:]
with open(cases_path) as file:
    cases = json.load(file)
spark = open_session(jars)
# Every case is a table of its own and a few rows: compiling its queries would take longer than to run them.
spark.conf.set("spark.sql.codegen.wholeStage", "false")
spark.conf.set("spark.sql.codegen.factoryMode", "NO_CODEGEN")
conflicts = {
    "ProtocolChangedException",
    "MetadataChangedException",
    "ConcurrentTransactionException",
    "ConcurrentAppendException",
    "ConcurrentDeleteReadException",
    "ConcurrentDeleteDeleteException",
}
jvm = spark._jvm
delta = jvm.org.apache.spark.sql.delta
session = spark._jsparkSession


def scala_seq(items):
    return jvm.scala.jdk.javaapi.CollectionConverters.asScala(jvm.java.util.ArrayList(items)).toSeq()


def parse(line):
    return getattr(getattr(delta.actions, "Action$"), "MODULE$").fromJson(line)


def write_version(folder, version, lines):
    os.makedirs(f"{folder}/_delta_log", exist_ok=True)
    with open(f"{folder}/_delta_log/{version:020d}.json", "w") as file:
        file.write("".join(line + "\n" for line in lines))


def expressions(day):
    return scala_seq([session.sessionState().sqlParser().parseExpression(f"day = '{day}'")])


def read(txn, reads):
    files = reads["files"]
    if files == "all":
        txn.filterFiles()
    elif files != "none" and "these" in files:
        # As OptimizeTableCommand does: the files it works on, and their partition.
        all_files = txn.snapshot().allFiles().collectAsList()
        txn.trackFilesRead(scala_seq([file for file in all_files if file.path() in files["these"]]))
        getattr(txn, "trackReadPredicates")(expressions(files["day"]), True, True)
    elif files != "none":
        txn.filterFiles(expressions(files["day"]), False)
    for app_id in reads["appIds"]:
        txn.txnVersion(app_id)


operation = getattr(getattr(delta, "DeltaOperations$ManualUpdate$"), "MODULE$")
for case in cases:
    folder = tempfile.mkdtemp()
    try:
        write_version(folder, 0, case["before"])
        log = delta.DeltaLog.forTable(session, folder)
        txn = log.startTransaction()
        read(txn, case["reads"])
        write_version(folder, 1, case["winner"])
        try:
            txn.commit(scala_seq([parse(line) for line in case["loser"]]), operation)
            outcome = "ok"
        except Exception as error:
            java = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
            outcome = type(error).__name__ if java is None else java.getClass().getSimpleName()
            if outcome not in conflicts:
                print(case["name"], error, file=sys.stderr)
        print(json.dumps({"name": case["name"], "outcome": outcome}), flush=True)
    finally:
        delta.DeltaLog.clearCache()
        shutil.rmtree(folder, ignore_errors=True)
spark.stop()
