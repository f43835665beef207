"""Starts the emulator; run by the Python of `.bigquery`, with an empty folder as HOME.

    server.py PORT       serves BigQuery's REST API on the loopback until it is killed

What the emulator cannot do and BigQuery can is made up for here, in its HTTP, so that clients and
their SQL stay as they are:

- DuckDB's extension for geography, which it would download, comes from a package.
- A query that fails is answered with an error of HTTP. The emulator answers `jobs.query` with 200
  and the error in a member that no client reads there: a statement of dlt that failed would pass
  for one that did what it should.
- A table that is created from a query with its columns named and typed, as a contract of dbt's is,
  is created from the query alone: the emulator hands both on to DuckDB, which takes one. dbt has
  compared names and types before.
- An upload of an empty file, taken for a question about one, becomes that of an empty line.
- `call bq.abort_session()`, with which dlt ends a transaction, is left out: it is not known.
"""

import json
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import bqemulator.server
import duckdb
import duckdb_extension_spatial
from bqemulator.config import LogLevel, Settings
from sqlglot.dialects.dialect import Dialect
from sqlglot.tokens import Token, TokenType
from starlette.requests import Request
from starlette.responses import Response

STATUS = {"accessDenied": 403, "notFound": 404, "duplicate": 409}
"""What HTTP says to a reason; 400 to any other, because clients ask again after 500."""

ABORTING = ";CALL BQ.ABORT_SESSION()"
EMPTY = (b"content-range", b"bytes */0")
ASKING = r"/bigquery/v2/projects/[^/]+/(queries|jobs)"
OPENING, CLOSING = TokenType.L_PAREN, TokenType.R_PAREN

create_app = bqemulator.server.create_app


def main(port: int) -> None:
    """Serves until it is killed."""
    extension = next(Path(duckdb_extension_spatial.__file__).parent.rglob("*.duckdb_extension"))
    duckdb.connect().execute(f"install '{extension}'")
    bqemulator.server.create_app = lambda context: Understood(with_errors(create_app(context)))
    settings = Settings(
        rest_port=port,
        grpc_port=0,
        enable_format_extensions=False,  # it would download that of Avro
        time_travel_retention_days=0,
        log_level=LogLevel.WARNING,
    )
    bqemulator.server.run_forever(settings)


def with_errors(app: Any) -> Any:
    """The emulator's application, whose failed queries fail."""

    @app.middleware("http")
    async def failing(
        request: Request, answer: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        response: Any = await answer(request)
        if not request.url.path.endswith("/queries") or response.status_code != 200:
            return response
        body = b"".join([part async for part in response.body_iterator])
        errors = json.loads(body).get("errors")
        if not errors:
            return Response(body, 200, media_type="application/json")
        status = STATUS.get(errors[0]["reason"], 400)
        error = {"code": status, "message": errors[0]["message"], "errors": errors}
        return Response(json.dumps({"error": error}), status, media_type="application/json")

    return app


class Understood:
    """An application that is asked in words that it knows."""

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if EMPTY in scope.get("headers", ()):
            await self._hand_on(scope, b"\n", send, {b"content-range": b"bytes 0-0/1"})
        elif scope.get("method") == "POST" and re.fullmatch(ASKING, scope["path"]):
            await self._hand_on(scope, _rewritten(await _body(receive)), send)
        else:
            await self._application(scope, receive, send)

    async def _hand_on(self, scope: Any, body: bytes, send: Any, own: Any = None) -> None:
        changed = {b"content-length": str(len(body)).encode(), **(own or {})}
        headers = [(name, changed.get(name, value)) for name, value in scope["headers"]]

        async def whole() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        await self._application({**scope, "headers": headers}, whole, send)


async def _body(receive: Any) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _rewritten(body: bytes) -> bytes:
    """A request, its query in words that the emulator knows."""
    request = json.loads(body)
    query = request.get("configuration", {}).get("query", request)
    if "query" in query:
        query["query"] = without_columns(query["query"].removesuffix(ABORTING))
    return json.dumps(request).encode()


def without_columns(sql: str) -> str:
    """`create table t (a int64) … as select …` without what stands between the first brackets."""
    if "create" not in sql.lower():
        return sql
    tokens = Dialect.get_or_raise("bigquery").tokenize(sql)
    kinds = [token.token_type for token in tokens]
    if kinds[0] is not TokenType.CREATE or OPENING not in kinds:
        return sql
    opening = kinds.index(OPENING)
    if TokenType.TABLE not in kinds[:opening] or TokenType.ALIAS in kinds[:opening]:
        return sql
    closing = _closing(tokens, opening)
    if TokenType.ALIAS not in kinds[closing:]:
        return sql
    return sql[: tokens[opening].start] + sql[tokens[closing].end + 1 :]


def _closing(tokens: list[Token], opening: int) -> int:
    depth = 0
    for place in range(opening, len(tokens)):
        depth += (tokens[place].token_type is OPENING) - (tokens[place].token_type is CLOSING)
        if depth == 0:
            return place
    raise ValueError("a bracket is not closed")


if __name__ == "__main__":
    main(int(sys.argv[1]))
