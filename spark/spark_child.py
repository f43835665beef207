"""One Spark session that does what it is told, and dbt in it; run by the Python of `.spark`.

    stdin ── {"session": {…}} ─────────> starts Spark
             {"statements": ["…"]} ────> each in turn
             {"dbt": ["build", "…"]} ──> dbt in this process, so in this session
             {"stop": {}} ─────────────> lets executors and catalog go
    a pipe <── {} or {"error": "…"}, or the names of {"broken": […]} checks; after each of them

Started as `python -P spark_child.py ANSWERS`. When nobody can ask any more, because who asked has
ended in whichever way, this process ends at once, and Java and the executors with it.
"""

import json
import os
import queue
import sys
import threading
from typing import Any

from dbt.cli.main import dbtRunner
from pyspark.sql import SparkSession

TOLD = 3


def heard() -> "queue.Queue[dict[str, Any]]":
    """Orders as they come, read while others are still being done."""
    orders: queue.Queue[dict[str, Any]] = queue.Queue()

    def listen() -> None:
        for line in iter(sys.stdin.readline, ""):
            orders.put(json.loads(line))
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    return orders


def started(settings: dict[str, str]) -> dict[str, Any]:
    """The session that dbt will find; what is not named is as Spark's own files say."""
    builder = SparkSession.builder.appName("instantly-warehouse").enableHiveSupport()
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    return {"master": session.sparkContext.master, "version": session.version}


def said(statements: list[str]) -> dict[str, Any]:
    """Statements that nobody wants to see an answer of."""
    for statement in statements:
        SparkSession.builder.getOrCreate().sql(statement)
    return {}


def dbt(arguments: list[str]) -> dict[str, Any]:
    """A command of dbt's: the models it built, or what went wrong."""
    done: Any = dbtRunner().invoke(arguments)
    if done.exception is not None:
        return {"error": str(done.exception)}
    found = [(result.node, result.status, result.message or "") for result in done.result]
    wrong = [f"{node.name}: {message}" for node, status, message in found if status == "error"]
    if wrong:
        return {"error": "; ".join(wrong[:TOLD])}
    return {
        "broken": [node.name for node, status, _ in found if status == "fail"],
        "models": [node.name for node, _, _ in found if node.resource_type == "model"],
        "checks": sum(status == "pass" for _, status, _ in found),
    }


def stopped(_: dict[str, str]) -> dict[str, Any]:
    """The end of the session; the process waits for its own."""
    SparkSession.builder.getOrCreate().stop()
    return {}


def serve(answers: int) -> None:
    """Does one order after the other."""
    orders, known = heard(), {"session": started, "statements": said, "dbt": dbt, "stop": stopped}
    while True:
        ((what, told),) = orders.get().items()
        try:
            answer = known[what](told)
        except Exception as error:  # noqa: BLE001 Java's errors come as whatever they are
            answer = {"error": str(error)}
        os.write(answers, json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    serve(int(sys.argv[1]))
