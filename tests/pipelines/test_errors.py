"""Exit codes and messages of errors, ours and those of the rooms below."""

from __future__ import annotations

import pytest

from pipelines.errors import (
    ConfigurationError,
    DataRefusedError,
    Exit,
    LockHeldError,
    RunFailedError,
    Terminated,
    causes,
    exit_code_of,
    is_understood,
)
from sources.instantly.errors import InstantlyError, KeyRefused, OutOfContract, UnknownTable
from transforms.dbt import ChecksFailed, ModelFailed


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RunFailedError("x"), Exit.FAILED),
        (ConfigurationError("x"), Exit.CONFIGURATION),
        (LockHeldError("x"), Exit.LOCKED),
        (DataRefusedError("x"), Exit.REFUSED),
        (InstantlyError("x"), Exit.FAILED),
        (KeyRefused("x"), Exit.CONFIGURATION),
        (UnknownTable("x"), Exit.CONFIGURATION),
        (OutOfContract("x"), Exit.REFUSED),
        (ModelFailed("x"), Exit.FAILED),
        (ChecksFailed("x", ()), Exit.REFUSED),
        (KeyboardInterrupt(), Exit.INTERRUPTED),
        (Terminated(), Exit.TERMINATED),
        (ZeroDivisionError(), Exit.FAILED),
    ],
)
def test_every_error_has_its_exit_code(error: BaseException, code: Exit) -> None:
    assert exit_code_of(error) == code
    has_text = not isinstance(error, KeyboardInterrupt | Terminated | ZeroDivisionError)
    assert is_understood(error) == has_text


def test_message_says_where_what_and_what_to_do() -> None:
    error = RunFailedError("is empty.", where="/data/x.duckdb", todo="restore it")
    assert str(error) == "/data/x.duckdb: is empty. Restore it"


def test_message_stays_one_line_whatever_is_put_into_it() -> None:
    error = RunFailedError("bad\nerror: all is well\r\x1b[2J\u2028\u202e\x00", where="a\nb")
    assert str(error) == "a b: bad error: all is well [2J"


def test_chain_of_causes_that_bites_its_tail_ends() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    assert list(causes(first)) == [first, second]
