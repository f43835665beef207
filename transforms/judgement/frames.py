"""Rows to frames, with types that every destination understands.

Types follow the fields of the row's dataclass, so an empty frame has the same columns and types as
a full one, and a column of nulls keeps its type on the way through arrow.
"""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date, datetime
from types import UnionType
from typing import Any, get_args, get_type_hints

import pandas as pd
import pyarrow as pa

TYPES: dict[type, Any] = {
    bool: "boolean",
    int: "Int64",
    float: "Float64",
    datetime: pd.DatetimeTZDtype("us", "UTC"),
    date: pd.ArrowDtype(pa.date32()),
}


def to_frame(rows: Sequence[object], row_type: type) -> pd.DataFrame:
    """Return `rows`, instances of the dataclass `row_type`, as a frame; columns are its fields."""
    hints = get_type_hints(row_type)
    columns = {
        field.name: pd.array(
            [getattr(row, field.name) for row in rows], dtype=_dtype(hints[field.name])
        )
        for field in fields(row_type)  # ty: ignore[invalid-argument-type]
    }
    return pd.DataFrame(columns)


def _dtype(hint: Any) -> Any:
    kind = next(k for k in get_args(hint) if k is not type(None)) if _is_union(hint) else hint
    return TYPES.get(kind, "string")


def _is_union(hint: Any) -> bool:
    return isinstance(hint, UnionType)
