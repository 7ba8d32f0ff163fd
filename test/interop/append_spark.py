"""usage: append_spark.py JARS DONOR TABLE [DONOR TABLE ...]: appends each donor's rows to a table with Spark.

Tables whose property delta.checkpointInterval says so get a checkpoint from Spark as well.
"""
import sys

import session

spark = session.open_session(sys.argv[1])
for donor, table in zip(sys.argv[2::2], sys.argv[3::2]):
    # One task, so that one file comes out, as a writer of one file would have it.
    spark.read.format("delta").load(donor).coalesce(1).write.format("delta").mode("append").save(table)
spark.stop()
