"""usage: exchange_spark.py JARS PLAN: makes or reads tables with Spark, lets it change them, and reads them again.

PLAN is a JSON file: a list of {"table", "out", "settings"?, "make"?: [SQL], "changesFrom"?, "versions"?, "where"?: [SQL],
"refused"?: [SQL], "then"?: [SQL]}. SQL calls the table {t}. Written are, in the form of normal.py, OUT.before, OUT.changes,
OUT.v0 and so on for as many versions as asked for, OUT.w0 and so on for each condition, and, when there is something to be
done then, OUT.after and OUT.changesAfter; also OUT.refused, a JSON list of what Spark had to say against the
statements it is to refuse.
"""
import json
import sys

import normal
import session

spark = session.open_session(sys.argv[1])


def rows(table):
    return session.to_arrow(spark.read.format("delta").load(table))


def changes(table, first):
    feed = spark.read.format("delta").option("readChangeFeed", "true").option("startingVersion", first)
    return session.to_arrow(feed.load(table))


def refusal(statement):
    try:
        spark.sql(statement)
    except Exception as error:
        return " ".join(f"{type(error).__name__}: {error}".split())[:1000]
    return ""


def visit(step):
    table, out, first = step["table"], step["out"], step.get("changesFrom")
    sql = lambda statement: statement.replace("{t}", f"delta.`{table}`")

    def look(rows_out, changes_out):
        normal.write_each(rows, [table, rows_out])
        if first is not None:
            normal.write_each(lambda source: changes(source, first), [table, changes_out])

    for statement in step.get("make", []):
        spark.sql(sql(statement))
    look(f"{out}.before", f"{out}.changes")
    for version in range(step.get("versions", 0)):
        read = lambda source: session.to_arrow(spark.read.format("delta").option("versionAsOf", version).load(source))
        normal.write_each(read, [table, f"{out}.v{version}"])
    for i, condition in enumerate(step.get("where", [])):
        read = lambda source: session.to_arrow(spark.read.format("delta").load(source).where(condition))
        normal.write_each(read, [table, f"{out}.w{i}"])
    refused = [refusal(sql(statement)) for statement in step.get("refused", [])]
    with open(f"{out}.refused", "w", encoding="utf-8") as file:
        json.dump(refused, file)
    if not step.get("then"):
        return
    failed = next((error for error in map(refusal, map(sql, step["then"])) if error), None)
    if failed is None:
        look(f"{out}.after", f"{out}.changesAfter")
        return
    for name in ("after", "changesAfter"):
        with open(f"{out}.{name}", "w", encoding="utf-8") as file:
            file.write(json.dumps({"error": failed}) + "\n")


with open(sys.argv[2], encoding="utf-8") as file:
    plan = json.load(file)
for step in plan:
    settings = step.get("settings", {})
    for name, setting in settings.items():
        spark.conf.set(name, setting)
    visit(step)
    for name in settings:
        spark.conf.unset(name)
spark.stop()
