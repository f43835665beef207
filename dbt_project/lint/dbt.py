"""What dbt's own cross-database macros give, as far as the SQL linter needs it."""


def type_bigint() -> str:
    """Name of the 64-bit integer type."""
    return "bigint"


def type_string() -> str:
    """Name of the text type."""
    return "varchar"


def datediff(first: str, second: str, part: str) -> str:
    """Number of `part` boundaries between two dates."""
    return f"datediff('{part}', {first}, {second})"


def dateadd(part: str, interval: str, start: str) -> str:
    """A time `interval` times `part` after another."""
    return f"dateadd('{part}', {interval}, {start})"


def listagg(measure: str, delimiter: str, order: str) -> str:
    """The texts of a group in one."""
    return f"string_agg({measure}, {delimiter} {order})"
