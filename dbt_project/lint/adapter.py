"""What dbt calls `adapter`, as far as the SQL linter needs it.

Linting through dbt itself would need a warehouse and takes ten times as long. A dispatched macro
becomes a call of its own name: valid SQL of the right shape, whatever the engine.
"""

from collections.abc import Callable


def dispatch(macro: str) -> Callable[..., str]:
    """Stands in for a macro that engines spell differently."""
    if macro == "folded":
        return str
    if macro.startswith("type_"):
        return lambda: "double"
    return lambda *arguments: f"{macro}({', '.join(arguments)})"


def quote(identifier: str) -> str:
    """A quoted identifier."""
    return f'"{identifier}"'
