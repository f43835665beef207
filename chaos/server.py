"""A real PostgreSQL, started by whoever tests or plays and gone with them.

    with started(binaries()) as cluster:
        cluster.server.database()       the same server, an empty database of its own
        cluster.restart()               in an orderly way, or as a crash

It listens on the loopback alone and asks everybody for the password, so a password that is missing,
wrong or leaked shows. It is not the friendliest server either: texts are ordered by a language's
rules (ICU, `en-US`), as most installations have it, and not by their bytes, as DuckDB does.

What makes a server safe against a power cut is off (fsync and the like): nothing here outlives the
process. What was committed still outlives a crash of the server, as the kernel has it. The server
refuses to run as root, so root starts it as the user `postgres`; and the kernel ends it with the
process that started it, whichever way that process ends.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

HOST = "127.0.0.1"
USER = "warehouse_user"
SYSTEM_USER = "postgres"
START_SECONDS = 60.0
STOP_SECONDS = 10.0
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "60",
    "autovacuum": "off",
    "timezone": "America/New_York",
}


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """Where the server listens and who may come in; `binaries` is the folder of its programs.

    The password holds characters that a URL must escape; `canary` is the part of it that reads the
    same in every spelling, which is what to look for in logs.
    """

    host: str
    port: int
    user: str
    password: str
    dbname: str
    binaries: Path

    @property
    def canary(self) -> str:
        """The part of the password that no escaping changes."""
        return self.password.rpartition("/")[2]

    @property
    def url(self) -> str:
        """The connection as a URL, the password escaped."""
        password = quote(self.password, safe="")
        return f"postgresql://{self.user}:{password}@{self.host}:{self.port}/{self.dbname}"

    @property
    def connection(self) -> dict[str, str | int]:
        """The same as keywords of psycopg2."""
        return {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "dbname": self.dbname,
        }

    def database(self) -> PostgresServer:
        """The same server with an empty database that nobody else uses."""
        fresh = f"warehouse_{secrets.token_hex(6)}"
        self.execute(f"create database {fresh}")
        return replace(self, dbname=fresh)

    def execute(self, sql: str) -> str:
        """Runs SQL with psql and returns what it prints: a row a line, columns parted by `|`."""
        connection = ["-h", self.host, "-p", str(self.port), "-U", self.user, "-d", self.dbname]
        options = ["--no-psqlrc", "--quiet", "--no-align", "--tuples-only"]
        done = subprocess.run(
            [self.binaries / "psql", *options, "-v", "ON_ERROR_STOP=1", *connection, "-c", sql],
            env={**os.environ, "PGPASSWORD": self.password},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@dataclass(slots=True)
class Cluster:
    """A server at work in a folder of its own; `server` names the database it is born with."""

    server: PostgresServer
    folder: Path
    _process: subprocess.Popen[bytes]

    def restart(self, *, as_crash: bool = False) -> None:
        """Ends all connections and comes back; `as_crash`: without a word, to be recovered."""
        self._process.send_signal(signal.SIGQUIT if as_crash else signal.SIGINT)
        self._process.wait(STOP_SECONDS)
        self._process = _start(self.server, self.folder)
        _await(self.server, self._process, self.folder)

    def end(self) -> None:
        """Ends the server without waiting for whoever is still connected."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def started(programs: Path) -> Generator[Cluster]:
    """A server of its own, in a folder of its own, that ends with the block."""
    folder = Path(tempfile.mkdtemp(prefix="instantly-postgres-"))
    try:
        password = f"p@ss:%/{secrets.token_hex(12)}"
        _initialise(programs, folder, password)
        server = PostgresServer(HOST, _free_port(), USER, password, "postgres", programs)
        cluster = Cluster(server, folder, _start(server, folder))
        try:
            _await(server, cluster._process, folder)
            cluster.server = server.database()
            yield cluster
        finally:
            cluster.end()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def binaries() -> Path | None:
    """The programs of the newest PostgreSQL; Debian keeps them off the path."""
    folders = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    installed = sorted(folders, key=lambda path: int(path.parts[-3]))
    if installed:
        return installed[-1].parent
    on_path = shutil.which("postgres")
    return Path(on_path).resolve().parent if on_path else None


def _initialise(binaries: Path, folder: Path, password: str) -> None:
    """An empty cluster whose one role needs the password, from everywhere."""
    secret = folder / "password"
    secret.write_text(password)
    _hand_over(folder, secret)
    collation = ["--encoding=UTF8", "--locale=C", "--locale-provider=icu", "--icu-locale=en-US"]
    account = [f"--username={USER}", "--auth=scram-sha-256", f"--pwfile={secret}"]
    cluster = [f"--pgdata={folder / 'data'}", "--no-sync"]
    subprocess.run(
        [*_as_system_user(), binaries / "initdb", *cluster, *collation, *account],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    secret.unlink()


def _start(server: PostgresServer, folder: Path) -> subprocess.Popen[bytes]:
    settings = {**SETTINGS, "port": str(server.port)}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    command = [server.binaries / "postgres", "-D", folder / "data", *options]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [*_as_system_user(), *command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def _await(server: PostgresServer, process: subprocess.Popen[bytes], folder: Path) -> None:
    """Returns when the server answers; says its own last words when it ended instead."""
    deadline = time.monotonic() + START_SECONDS
    asking = [server.binaries / "pg_isready", "-q", "-h", server.host, "-p", str(server.port)]
    while subprocess.run(asking, check=False).returncode != 0:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start: {(folder / 'log').read_text()[-500:]}")
        time.sleep(0.05)


def _as_system_user() -> list[str]:
    """The words before a command: root gives up its rights, and the parent's end ends the child."""
    words = ["setpriv", "--pdeathsig", "INT"] if shutil.which("setpriv") else []
    if os.geteuid() != 0:
        return words
    user = pwd.getpwnam(SYSTEM_USER)
    return [*words, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--"]


def _hand_over(*paths: Path) -> None:
    if os.geteuid() == 0:
        for path in paths:
            shutil.chown(path, SYSTEM_USER)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]
