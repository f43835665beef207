"""The project for engines that nobody here can start: it compiles, and its SQL is theirs.

Nothing is executed. What the rules see and what they cannot stands in `rules.py`; the wrong SQL
below shows that each of them can fail.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.dbt_project.engines import rules
from tests.dbt_project.engines.compiling import ENGINES, PYTHON, compiled
from transforms.dbt import PROJECT

MODELS = len([*(PROJECT / "models").rglob("*.sql")])


@pytest.mark.slow
@pytest.mark.skipif(not PYTHON.exists(), reason="`make test-slow` installs dbt's adapters")
@pytest.mark.parametrize("engine", ENGINES)
def test_every_model_and_test_is_sql_of_the_engine(engine: str, tmp_path: Path) -> None:
    made = compiled(engine, tmp_path)
    assert len(made.statements) > MODELS + 100, "models and their tests"
    told = {
        f"{name}: {complaint}"
        for name, sql in {**made.statements, "contract": made.contract}.items()
        for complaint in rules.complaints(sql, engine)
    }
    assert sorted(told) == []


@pytest.mark.parametrize(
    ("engine", "sql", "complaint"),
    [
        ("snowflake", "select string_agg(a, ',') from t", "function string_agg"),
        ("bigquery", "select listagg(a, ',') from t", "function listagg"),
        ("redshift", "select json_extract_string(a, '$.b') from t", "function json_extract_string"),
        ("databricks", "select no_such_function(a) from t", "function no_such_function"),
        ("bigquery", "select a::timestamp from t", "operator ::"),
        ("snowflake", "select a at time zone 'UTC' from t", "operator at time zone"),
        ("bigquery", "select cast(a as bytes) from t", "type bytes"),
        ("clickhouse", "select cast(a as float) from t", "type float32"),
        ("spark", "select a / b from t", "division of integers: a / NULLIF(b, 0)"),
        (
            "snowflake",
            "select row_number() over (order by a desc) from t",
            "nulls come first: a DESC NULLS FIRST",
        ),
        ("redshift", "select tag from t", "reserved word tag"),
        ("snowflake", "select a as account from t", "reserved word account"),
        ("databricks", "select 'a' + b from t", "texts joined by a plus: 'a' + b"),
    ],
)
def test_a_rule_sees_what_is_foreign(engine: str, sql: str, complaint: str) -> None:
    assert complaint in list(rules.complaints(sql, engine))


@pytest.mark.parametrize("engine", [*ENGINES, "postgres"])
def test_every_engine_has_its_output_and_its_page(engine: str) -> None:
    assert f"\n    {engine}:\n" in (PROJECT / "profiles.yml").read_text()
    text = (PROJECT.parent / "docs" / "destinations" / f"{engine}.md").read_text(encoding="utf-8")
    wanted = {name for name in ENGINES.get(engine, {}) if name in text}
    assert wanted == set(ENGINES.get(engine, {})), os.linesep.join(ENGINES.get(engine, {}))
