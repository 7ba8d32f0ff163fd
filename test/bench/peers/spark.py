"""usage: spark.py REQUEST: what the benchmark of peers asks of Spark Structured Streaming with Delta; answers a line of JSON."""
import glob
import json
import os
import sys
import time

os.environ["TZ"] = "UTC"
time.tzset()

from pyspark.sql import SparkSession
from pyspark.sql.functions import col, current_timestamp, from_json, to_date

from usage import cpu_seconds, peak_bytes

event = "event_id STRING, event_type STRING, timestamp TIMESTAMP, value STRING"


def open_session(jars):
    """Two cores; what Delta's and Spark's guides advise for a table of one machine: as many shuffle partitions as cores."""
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.jars", ",".join(glob.glob(f"{jars}/*.jar")))
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.memory", "2g")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.databricks.delta.snapshotPartitions", "2")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def bronze_stream(spark, request):
    records = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", request["brokers"])
        .option("subscribe", request["topic"])
        .option("startingOffsets", "earliest")
        .option("includeHeaders", "true")
    )
    if "perTrigger" in request:
        records = records.option("maxOffsetsPerTrigger", request["perTrigger"])
    return records.load().select(
        col("partition").alias("_partition"),
        col("offset").alias("_offset"),
        col("timestamp").alias("_timestamp"),
        current_timestamp().alias("_ingested_at"),
        col("topic").alias("_topic"),
        col("key").alias("_key"),
        col("value").alias("_value"),
        col("headers").cast("string").alias("_headers"),
        from_json(col("value").cast("string"), event).alias("event"),
    ).select(
        "_partition", "_offset", "_timestamp", "_ingested_at", "_topic", "_key", "_value", "_headers",
        "event.event_id", "event.event_type", "event.timestamp",
        col("event.value").cast("double").alias("value"),
        to_date("_ingested_at").alias("_ingest_date"),
    )


def writer(spark, request):
    return (
        bronze_stream(spark, request)
        .writeStream.format("delta")
        .partitionBy("_ingest_date")
        .option("checkpointLocation", request["table"] + "-checkpoint")
    )


def ingest(spark, pids, request):
    """The first trigger warms up: it compiles the plan, and the JVM the code. What is measured are the others."""
    query = writer(spark, request).trigger(availableNow=True).start(request["table"])
    before = None
    while query.isActive:
        time.sleep(0.02)
        if before is None and any(p["numInputRows"] > 0 for p in query.recentProgress):
            before = cpu_seconds(pids)
    query.awaitTermination()
    triggers = [p for p in query.recentProgress if p["numInputRows"] > 0]
    rows = sum(p["numInputRows"] for p in triggers)
    measured = triggers[1:]
    warm = sum(p["numInputRows"] for p in measured)
    seconds = sum(p["durationMs"]["triggerExecution"] for p in measured) / 1000
    return {"rows": rows, "measuredRows": warm, "seconds": seconds, "cpuSeconds": cpu_seconds(pids) - before}


def follow(spark, pids, request):
    query = writer(spark, request).start(request["table"])
    print(json.dumps({"ready": True}), flush=True)
    sys.stdin.read()
    rows = sum(p["numInputRows"] for p in query.recentProgress)
    query.stop()
    return {"rows": rows, "seconds": 0, "cpuSeconds": cpu_seconds(pids), "measuredRows": rows}


def refine(spark, pids, request):
    """Once to warm up, into a table of its own, and once measured."""
    refine_into(spark, request["table"], request["silver"] + "-warm")
    before, started = cpu_seconds(pids), time.perf_counter()
    refine_into(spark, request["table"], request["silver"])
    seconds = time.perf_counter() - started
    cpu = cpu_seconds(pids) - before
    rows = spark.read.format("delta").load(request["silver"]).count()
    return {"rows": rows, "seconds": seconds, "cpuSeconds": cpu, "measuredRows": rows}


def refine_into(spark, bronze, silver):
    """Delta's guide on deduplication when writing: unique keys of the source, inserted where they do not match."""
    spark.sql(
        f"CREATE TABLE delta.`{silver}` (event_id STRING, event_type STRING, timestamp TIMESTAMP, value DOUBLE, _topic STRING, "
        "_partition INT, _offset BIGINT, _ingested_at TIMESTAMP, _late BOOLEAN, _event_date DATE) "
        "USING DELTA PARTITIONED BY (_event_date)"
    )
    spark.read.format("delta").load(bronze).selectExpr(
        "event_id", "event_type", "timestamp", "value", "_topic", "_partition", "_offset", "_ingested_at",
        "_timestamp > timestamp + INTERVAL 10 MINUTES AS _late", "to_date(timestamp) AS _event_date",
    ).dropDuplicates(["event_id"]).createOrReplaceTempView("events")
    spark.sql(
        f"MERGE INTO delta.`{silver}` t USING events s ON t.event_id = s.event_id AND t._event_date = s._event_date "
        "WHEN NOT MATCHED THEN INSERT *"
    )
    spark.sql(f"OPTIMIZE delta.`{silver}` ZORDER BY (event_type, `timestamp`)")


request = json.loads(sys.argv[1])
spark = open_session(request["jars"])
pids = [os.getpid(), spark._jvm.java.lang.ProcessHandle.current().pid()]
done = {"ingest": ingest, "follow": follow, "refine": refine}[request["work"]](spark, pids, request)
print(json.dumps({**done, "peakBytes": peak_bytes(pids)}), flush=True)
spark.stop()
