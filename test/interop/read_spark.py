"""usage: read_spark.py JARS TABLE OUT [TABLE OUT ...]: reads Delta tables with Spark and delta-spark."""
import sys

import normal
import session

spark = session.open_session(sys.argv[1])
normal.write_each(lambda source: spark.read.format("delta").load(source).toArrow(), sys.argv[2:])
spark.stop()
