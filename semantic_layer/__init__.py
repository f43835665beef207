"""Metrics and dimensions over the marts, asked for by name.

    python -m semantic_layer WAREHOUSE --metrics reply_rate,sent --by campaign__campaign_name

    models/*.yml ── dbt parse ──> semantic manifest ── MetricFlow ──> SQL ──> the file, read-only

The definitions are dbt's own semantic models, so that any tool that reads those reads these. They
say what metrics.md says: distinct people add up over campaigns and have no days; what has days is
mails and events.

MetricFlow's own command `mf` works in this folder too. It is not what is shown, because it asks the
package index for a newer version of itself each time, and nothing here speaks to other hosts.
"""
