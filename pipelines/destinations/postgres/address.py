"""Where a PostgreSQL database is and who comes in: one URL, read once, never shown whole.

    postgresql://user:password@host:port/database?sslmode=verify-full
        └─> PostgresAddress ─┬─ shown        for people: without the password
                             ├─ connection   for psycopg2
                             ├─ attachment   for DuckDB, which reads the marts
                             └─ environment  for dbt, a child: a command line would show it to all

Everything must be said in the URL. A service file, `~/.pgpass` or PGHOST of another project would
be read by one of the three libraries and not by the next.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import parse_qsl, quote, unquote, urlsplit

SCHEMES = ("postgresql", "postgres")
OPTIONS = {
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}
"""What may follow after the question mark, and how libpq reads it from the environment."""

SSLMODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
KEEPALIVES = {"keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "5"}


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """A database, the account, and how the connection is secured; `options` as libpq names them."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str
    options: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, url: str) -> PostgresAddress:
        """Reads a URL; ValueError with what is wrong, never with a part of the URL."""
        try:
            parts = urlsplit(url)
            port = parts.port or 5432
        except ValueError:
            raise ValueError("has a port that is not a number") from None
        if parts.scheme not in SCHEMES:
            raise ValueError("does not begin with postgresql://")
        database = unquote(parts.path.removeprefix("/"))
        for name, value in (
            ("host", parts.hostname),
            ("user", parts.username),
            ("password", parts.password),
            ("database", database),
        ):
            if not value:
                raise ValueError(f"names no {name}")
        if "/" in database or parts.fragment:
            raise ValueError("holds a / or # that must be written as %2F or %23")
        return cls(
            str(parts.hostname),
            port,
            unquote(str(parts.username)),
            unquote(str(parts.password)),
            database,
            _options(parts.query),
        )

    @property
    def shown(self) -> str:
        """The address for people: everything but the password and the options."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"postgresql://{quote(self.user)}@{host}:{self.port}/{quote(self.database)}"

    @property
    def fingerprint(self) -> str:
        """Tells databases apart in names of files, without saying which."""
        return sha256(f"{self.host}:{self.port}/{self.database}".encode()).hexdigest()[:12]

    @property
    def connection(self) -> dict[str, str]:
        """What libpq needs, as keywords of psycopg2."""
        return {
            "host": self.host,
            "port": str(self.port),
            "user": self.user,
            "password": self.password,
            "dbname": self.database,
            **KEEPALIVES,
            **dict(self.options),
        }

    @property
    def attachment(self) -> str:
        """The same as one text, which libpq reads, too; for nobody's eyes."""
        return " ".join(f"{name}={_quoted(value)}" for name, value in self.connection.items())

    @property
    def environment(self) -> dict[str, str]:
        """The same for dbt's profile, and for the libpq under it."""
        options = dict(self.options)
        return {
            "DBT_TARGET": "postgres",
            "DBT_POSTGRES_HOST": self.host,
            "DBT_POSTGRES_PORT": str(self.port),
            "DBT_POSTGRES_USER": self.user,
            "DBT_POSTGRES_PASSWORD": self.password,
            "DBT_POSTGRES_DBNAME": self.database,
            "DBT_POSTGRES_SSLMODE": options.get("sslmode", "prefer"),
            **{OPTIONS[name]: value for name, value in options.items()},
        }

    @property
    def libpq(self) -> dict[str, str]:
        """The same for a child whose libpq is told nothing else."""
        return {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGPASSWORD": self.password,
            "PGDATABASE": self.database,
            **{OPTIONS[name]: value for name, value in self.options},
        }


def _options(query: str) -> tuple[tuple[str, str], ...]:
    """The options that are known; ValueError names the first that is not."""
    try:
        found = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        raise ValueError("has something after the question mark that is not name=value") from None
    for name, value in found:
        if name not in OPTIONS:
            raise ValueError(f"has the option {name!r}; known are {', '.join(OPTIONS)}")
        if name == "sslmode" and value not in SSLMODES:
            raise ValueError(f"has an sslmode that is none of {', '.join(SSLMODES)}")
        if name == "connect_timeout" and not value.isdecimal():
            raise ValueError("has a connect_timeout that is not a number of seconds")
    return tuple(sorted(dict(found).items()))


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
