"""What SQL must hold to be an engine's own: rules over the syntax tree, each a list of complaints.

A parser takes more than the engine does. sqlglot reads a function that it does not know as a call
like any other, and one of another dialect as if it were at home; so a name must be one that sqlglot
knows for this engine (it comes out of a round trip as it went in) or one of `OWN_FUNCTIONS`.

What this cannot see: whether the tables exist and their columns have the types meant, overloads
(an argument of the wrong type), what a function returns, versions of an engine, and limits such as
the longest text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import sqlglot
from sqlglot import ErrorLevel, exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.tokens import TokenType

# output of profiles.yml -> the dialect of its SQL
DIALECTS = {
    "motherduck": "duckdb",
    "snowflake": "snowflake",
    "bigquery": "bigquery",
    "databricks": "databricks",
    "spark": "spark",
    "redshift": "redshift",
    "clickhouse": "clickhouse",
}
# Functions that the engine's manual lists and that sqlglot does not know or spells otherwise.
OWN_FUNCTIONS: dict[str, set[str]] = {
    "motherduck": {"json_extract_string", "mod", "string_agg", "substr"},
    "snowflake": {"mod", "substr"},
    "bigquery": set(),
    "databricks": {"date_sub", "mod", "substr", "timestamp_seconds"},
    "spark": {"date_sub", "mod", "substr", "timestamp_seconds"},
    "redshift": {"json_serialize", "mod", "substr"},
    "clickhouse": {
        "arraysort",
        "arraystringconcat",
        "arrayzip",
        "dateadd",
        "datediff",
        "json_value",
        "jsonextract",
        "mod",
        "parsedatetime64besteffortornull",
        "todateornull",
        "todatetime64",
        "tofloat64ornull",
        "tonullable",
        "tostring",
    },
}
# Types that a cast or a contract may name, as sqlglot spells them.
TYPE_NAMES: dict[str, set[str]] = {
    "motherduck": {
        "bigint",
        "boolean",
        "date",
        "double",
        "int",
        "text",
        "timestamp",
        "timestamptz",
    },
    "snowflake": {
        "bigint",
        "boolean",
        "date",
        "double",
        "int",
        "timestamp",
        "timestampntz",
        "timestamptz",
        "varchar",
    },
    "bigquery": {"bool", "date", "datetime", "float64", "int64", "string", "timestamp"},
    "databricks": {"bigint", "boolean", "date", "double", "int", "string", "timestamp"},
    "spark": {"bigint", "boolean", "date", "double", "int", "string", "timestamp"},
    "redshift": {
        "bigint",
        "boolean",
        "date",
        "double precision",
        "integer",
        "timestamp",
        "timestamp with time zone",
        "varchar(65535)",
    },
    "clickhouse": {"bool", "date", "datetime", "float64", "int32", "int64", "string"},
}
# Set by the loader on every row or numbered here: an order by them needs no word on nulls. `sent`
# only breaks ties of `observed_at`, which the keys of staging forbid.
NEVER_NULL = {"observed_at", "valid_from_at", "stretch", "copy_version", "version_number", "sent"}
# Reserved by the manual where sqlglot keeps no list.
RESERVED: dict[str, str] = {
    "snowflake": (
        "account all alter and any as between by case cast check column connect connection"
        " constraint create cross current current_date current_time current_timestamp"
        " current_user database delete distinct drop else exists false following for from full"
        " grant group having ilike in increment inner insert intersect into is issue join lateral"
        " left like localtime localtimestamp minus natural not null of on or order organization"
        " qualify regexp revoke right rlike row rows sample schema select set some start table"
        " tablesample then to trigger true try_cast union unique update using values view when"
        " whenever where with"
    ),
    "databricks": (
        "anti cross default except false full inner intersect join lateral left minus natural null"
        " on right semi true union using"
    ),
}
# `::` is no operator there.
WITHOUT_DOUBLE_COLON = {"bigquery", "spark"}
# `at time zone` is no operator there, or another one.
WITHOUT_TIME_ZONES = {"snowflake", "bigquery", "databricks", "spark", "clickhouse"}


def parsed(sql: str, engine: str) -> exp.Expr:
    """The syntax tree. Raises where the dialect cannot read the text, or only as a bare command."""
    tree = sqlglot.parse_one(sql, dialect=DIALECTS[engine], error_level=ErrorLevel.RAISE)
    assert not list(tree.find_all(exp.Command)), "read as a bare command"
    return tree


def complaints(sql: str, engine: str) -> Iterator[str]:
    """Everything that speaks against a statement."""
    tree = parsed(sql, engine)
    yield from foreign_functions(sql, tree, engine)
    yield from unsupported(tree, engine)
    yield from foreign_types(tree, engine)
    yield from foreign_operators(sql, tree, engine)
    yield from integer_divisions(tree)
    yield from unsaid_nulls(tree)
    yield from reserved_names(tree, engine)


def foreign_functions(sql: str, tree: exp.Expr, engine: str) -> Iterator[str]:
    """Functions that the round trip renames, and those that it does not know."""
    written = _calls(sql, engine)
    again = _calls(tree.sql(dialect=DIALECTS[engine]), engine)
    unknown = {str(node.name).lower() for node in tree.find_all(exp.Anonymous)}
    for name in sorted((written - again | unknown) - OWN_FUNCTIONS[engine]):
        yield f"function {name}"


def unsupported(tree: exp.Expr, engine: str) -> Iterator[str]:
    """What sqlglot says that the engine cannot do."""
    try:
        tree.sql(dialect=DIALECTS[engine], unsupported_level=ErrorLevel.RAISE)
    except sqlglot.UnsupportedError as error:
        yield str(error)


def foreign_types(tree: exp.Expr, engine: str) -> Iterator[str]:
    """Types of casts that are not the engine's."""
    for cast in tree.find_all(exp.Cast):
        name = cast.to.sql(dialect=DIALECTS[engine]).lower()
        if name not in TYPE_NAMES[engine]:
            yield f"type {name}"


def foreign_operators(sql: str, tree: exp.Expr, engine: str) -> Iterator[str]:
    """`::` and `at time zone` where they are none, and texts joined by a plus."""
    tokens = Dialect.get_or_raise(DIALECTS[engine]).tokenize(sql)
    if engine in WITHOUT_DOUBLE_COLON and any(t.token_type is TokenType.DCOLON for t in tokens):
        yield "operator ::"
    if engine in WITHOUT_TIME_ZONES and tree.find(exp.AtTimeZone):
        yield "operator at time zone"
    for plus in tree.find_all(exp.Add):
        if any(isinstance(side, exp.Literal) and side.is_string for side in plus.flatten()):
            yield f"texts joined by a plus: {plus.sql()}"


def integer_divisions(tree: exp.Expr) -> Iterator[str]:
    """Divisions without a float in them: some engines cut what others do not."""
    for division in tree.find_all(exp.Div):
        floats = [cast for cast in division.find_all(exp.Cast) if cast.to.is_type("double")]
        numbers = [n for n in division.find_all(exp.Literal) if n.is_number and "." in n.name]
        if not floats and not numbers:
            yield f"division of integers: {division.sql()}"


def unsaid_nulls(tree: exp.Expr) -> Iterator[str]:
    """Orders of windows in which nulls come first, or where the engine would put them."""
    for window in tree.find_all(exp.Window):
        for ordered in window.args["order"].expressions if window.args.get("order") else ():
            column = ordered.this
            is_case = isinstance(column, exp.Case) and column.args.get("default") is not None
            if ordered.args.get("nulls_first") and not is_case and column.name not in NEVER_NULL:
                yield f"nulls come first: {ordered.sql()}"


def reserved_names(tree: exp.Expr, engine: str) -> Iterator[str]:
    """Names without quotes that are words of the language there."""
    listed = Dialect.get_or_raise(DIALECTS[engine]).generator_class.RESERVED_KEYWORDS
    words = listed or set(RESERVED.get(engine, "").split())
    names = {node.name.lower() for node in tree.find_all(exp.Identifier) if not node.quoted}
    yield from (f"reserved word {name}" for name in sorted(names & words))


def _calls(sql: str, engine: str) -> set[str]:
    """Names before an opening bracket, in small letters."""
    tokens = Dialect.get_or_raise(DIALECTS[engine]).tokenize(sql)
    return {
        one.text.lower()
        for one, other in pairwise(tokens)
        if other.token_type is TokenType.L_PAREN and re.fullmatch(r"[A-Za-z_]\w*", one.text)
    }
