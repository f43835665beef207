"""The warehouse as Dagster sees it: an asset for every raw table and every model of dbt.

    dagster dev ──> definitions.py ──> warehouse.py: ONE op ──> pipelines.run.run | sync | transform
                     └ lineage.py: dbt's manifest ──> assets, what hangs on what, checks

A run is one swap of one file, and so it is one op: whatever is selected is loaded and built in a
draft under the lock, checked, and swapped in whole. Two things were refused for that.

- An op per table or per model (`@dlt_assets`, `@dbt_assets`): each would write to the published
  file by itself, past lock, draft and swap; a failed test of dbt would come too late.
- dagster-dlt: it makes an asset of every dlt resource, and the load is one resource, because the
  requests of one table depend on what another one answered (docs/decisions/0005-one-resource.md).
  The tables are named by `sources.instantly` instead.

dagster-dbt says what the models are, what they hang on and what tests them; it runs nothing.
Nothing of the other rooms imports this one, and a run needs none of its packages.
"""
