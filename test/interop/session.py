"""The Spark that the interop tests use: two cores, Delta's jars from a folder, UTC, nothing listening to the outside."""
import glob
import os
import time

os.environ["TZ"] = "UTC"
time.tzset()

import pyarrow as pa
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql.pandas.types import to_arrow_type
from pyspark.sql.types import VariantVal


def open_session(jars: str) -> SparkSession:
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.jars", ",".join(glob.glob(f"{jars}/*.jar")))
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "1g")
        .config("spark.ui.showConsoleProgress", "false")
        # Tables of a few rows: what is spared here is most of the time that Spark takes for them.
        .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        .config("spark.databricks.delta.snapshotPartitions", "1")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def to_arrow(frame: DataFrame) -> pa.Table:
    """The frame's rows. Spark's own way to Arrow has no variants that are null."""
    if "variant" not in frame.schema.simpleString():
        return frame.toArrow()
    types = [to_arrow_type(f.dataType) for f in frame.schema]
    rows = [[plain(value) for value in row] for row in frame.collect()]
    columns = [pa.array([row[i] for row in rows], t) for i, t in enumerate(types)]
    return pa.Table.from_arrays(columns, schema=pa.schema(list(zip(frame.columns, types))))


def plain(value):
    """A value of a row as Arrow takes it."""
    if isinstance(value, VariantVal):
        return {"metadata": value.metadata, "value": value.value}
    if isinstance(value, Row):
        return {name: plain(part) for name, part in value.asDict().items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return [(plain(key), plain(part)) for key, part in value.items()]
    return value
