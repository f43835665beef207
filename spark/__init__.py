"""The marts by Spark: the warehouse as Parquet files in a folder, and dbt at work over them.

    python -m spark FOLDER                                   (docs/destinations/spark.md)

    the warehouse ─dlt─> FOLDER/copies/<run>/instantly_raw     files; Spark's tables lie over them
                                      │ dbt-spark: staging, intermediate, marts
                                      ├─> …/counted            what the judgement reads
                                      │      └─> pipelines.judge ─dlt─> …/instantly_judged
                                      └─ dbt-spark: what hangs on the verdicts

Nothing is loaded from the API into these files. Of a table of plain files dlt can only replace all
or append: versions (`scd2`) and replacing by key need a database. So the history is kept where it
was, and a copy of it is a folder of its own: whole, or removed.

Refused: an engine in Rust that speaks Spark's protocol (it follows the client's versions by months,
and failed at tables of unsigned counts), and dbt's Python models for the judgement (they would run
in executors, one more environment on every machine).

pyspark and dbt's adapter weigh 750 MB and want a pandas of their own, so they live in an
environment beside this one (`.spark`, of pyproject.toml and uv.lock here); only
`spark_child.py` runs in it.
"""
