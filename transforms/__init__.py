"""What happens between the raw tables and the numbers people act on.

`dbt` puts the SQL of `dbt_project` to work on a warehouse file; `judgement` turns counts into
verdicts. Neither knows where the numbers come from or where the warehouse lies: both are told.
"""
