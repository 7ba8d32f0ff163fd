"""usage: deltars.py REQUEST: what the benchmark of peers asks of delta-rs with Confluent's client; answers a line of JSON."""
import json
import os
import sys
import threading
import time

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as paj
from confluent_kafka import Consumer, KafkaError, TopicPartition
from deltalake import CommitProperties, DeltaTable, QueryBuilder, Transaction, write_deltalake
from deltalake.exceptions import TableNotFoundError

from usage import cpu_seconds, peak_bytes

BATCH = 100_000

event = pa.schema([
    ("event_id", pa.string()),
    ("event_type", pa.string()),
    ("timestamp", pa.timestamp("us", "UTC")),
    ("value", pa.string()),
])
as_event = paj.ParseOptions(explicit_schema=event, unexpected_field_behavior="ignore")


def open_table(path):
    try:
        return DeltaTable(path)
    except TableNotFoundError:
        return None


def consumer_of(request, table):
    """Reads on from what the table's app transactions say, never from a group's offsets."""
    consumer = Consumer({
        "bootstrap.servers": request["brokers"],
        "group.id": "deltars",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "fetch.wait.max.ms": 100,
    })
    topic = request["topic"]
    partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
    consumer.assign([TopicPartition(topic, p, next_offset(table, topic, p)) for p in sorted(partitions)])
    return consumer


def next_offset(table, topic, partition):
    last = table.transaction_version(f"{topic}-{partition}") if table is not None else None
    return 0 if last is None else last + 1


def columns_of(messages):
    """The columns of bronze: the record's own, its exact bytes, and those of the event."""
    now = pa.scalar(time.time_ns() // 1000, pa.timestamp("us", "UTC"))
    values = [m.value() for m in messages]
    parsed = paj.read_json(pa.BufferReader(b"\n".join(values)), parse_options=as_event)
    if parsed.num_rows != len(values):
        raise RuntimeError(f"{parsed.num_rows} events in {len(values)} records")
    count = len(messages)
    headers = pa.array([None if m.headers() is None else str(m.headers()) for m in messages], pa.string())
    ingested = pa.repeat(now, count)
    return pa.table({
        "_partition": pa.array([m.partition() for m in messages], pa.int32()),
        "_offset": pa.array([m.offset() for m in messages], pa.int64()),
        "_timestamp": pa.array([m.timestamp()[1] * 1000 for m in messages], pa.timestamp("us", "UTC")),
        "_ingested_at": ingested,
        "_topic": pa.repeat(messages[0].topic(), count),
        "_key": pa.array([m.key() for m in messages], pa.binary()),
        "_value": pa.array(values, pa.binary()),
        "_headers": headers,
        "event_id": parsed["event_id"],
        "event_type": parsed["event_type"],
        "timestamp": parsed["timestamp"],
        "value": pc.cast(parsed["value"], pa.float64()),
        "_ingest_date": pc.strftime(ingested, "%Y-%m-%d"),
    })


def append(path, table, messages):
    """One commit of rows and of the last offset of each partition in it."""
    last = {}
    for message in messages:
        last[(message.topic(), message.partition())] = message.offset()
    covered = [Transaction(f"{topic}-{partition}", offset) for (topic, partition), offset in last.items()]
    write_deltalake(
        path if table is None else table,
        columns_of(messages),
        mode="append",
        partition_by=["_ingest_date"],
        commit_properties=CommitProperties(app_transactions=covered),
    )
    return DeltaTable(path) if table is None else table


def good(messages):
    for message in messages:
        error = message.error()
        if error is None:
            yield message
        elif error.code() != KafkaError._PARTITION_EOF:
            raise RuntimeError(str(error))


def ingest(request):
    table = open_table(request["table"])
    consumer = consumer_of(request, table)
    rows, started = 0, time.perf_counter()
    while rows < request["rows"]:
        messages = list(good(consumer.consume(BATCH, timeout=1.0)))
        if messages:
            table = append(request["table"], table, messages)
            rows += len(messages)
    seconds = time.perf_counter() - started
    consumer.close()
    return {"rows": rows, "seconds": seconds}


def follow(request):
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    table = open_table(request["table"])
    consumer = consumer_of(request, table)
    print(json.dumps({"ready": True}), flush=True)
    rows = 0
    while not ended.is_set():
        messages = list(good(consumer.consume(BATCH, timeout=0.2)))
        if messages:
            table = append(request["table"], table, messages)
            rows += len(messages)
    consumer.close()
    return {"rows": rows, "seconds": 0}


first_of_each_key = """
SELECT event_id, event_type, timestamp, value, _topic, _partition, _offset, _ingested_at,
  _timestamp > timestamp + INTERVAL '10 minutes' AS _late, CAST(CAST(timestamp AS DATE) AS VARCHAR) AS _event_date
FROM (SELECT *, row_number() OVER (PARTITION BY event_id ORDER BY _ingested_at, _partition, _offset) AS n FROM bronze)
WHERE n = 1"""


def refine(request):
    started = time.perf_counter()
    bronze = DeltaTable(request["table"])
    rows = QueryBuilder().register("bronze", bronze).execute(first_of_each_key).read_all()
    write_deltalake(request["silver"], rows, partition_by=["_event_date"])
    DeltaTable(request["silver"]).optimize.z_order(["event_type", "timestamp"])
    return {"rows": rows.num_rows, "seconds": time.perf_counter() - started}


request = json.loads(sys.argv[1])
done = {"ingest": ingest, "follow": follow, "refine": refine}[request["work"]](request)
own = [os.getpid()]
print(json.dumps({**done, "cpuSeconds": cpu_seconds(own), "measuredRows": done["rows"], "peakBytes": peak_bytes(own)}), flush=True)
