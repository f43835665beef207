"""Every setting, from the environment and from `.env` in the working directory, checked once.

    environment ──┐
                  ├──> Settings (frozen) ──> the commands; keys as SecretStr, paths absolute
    ./.env ───────┘         └──> child_environment(), quiet_dlt(): what other programs may see

This is the only module that touches `os.environ`. Reading a variable where it is needed is easier,
but then nobody can list what a run depends on, a typo is found after an hour of loading, and a key
reaches whichever child process or trace is built next. The environment wins over `.env`; an empty
value counts as not set, so that a line of `.env.example` may stay as it is.

A wrong value ends in one line: the variable, what is wrong with it, what to write. Values of keys
are never part of it.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from platformdirs import user_cache_path
from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from pipelines.decision_settings import DecisionSettings
from pipelines.dotenv import refuse_odd_lines, refuse_typos
from pipelines.errors import ConfigurationError
from pipelines.notify_settings import NotifySettings
from pipelines.privacy_settings import PrivacySettings
from pipelines.report_settings import ReportSettings
from pipelines.setting_values import (
    BaseUrl,
    Day,
    FilePath,
    Key,
    Names,
    PostgresUrl,
    Variables,
    WarehousePath,
    setting,
)

if TYPE_CHECKING:
    from pipelines.destinations import Place

KEY_PREFIX = "INSTANTLY_API_KEY_"


@dataclass(frozen=True, slots=True)
class WorkspaceKey:
    """One workspace to load: the name the user gave it (None: the API's own) and its key."""

    name: str | None
    api_key: SecretStr


class _NamedKeys(PydanticBaseSettingsSource):
    """`INSTANTLY_API_KEY_<NAME>`: variables whose names depend on another variable's value."""

    def __init__(self, settings: type[BaseSettings], *sources: EnvSettingsSource) -> None:
        super().__init__(settings)
        self._sources = sources

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 asked for by the base class
        """Never called: all keys are gathered in one go."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """`{"named_keys": {"ACME": …}}`, the first source winning."""
        found: dict[str, str] = {}
        for source in reversed(self._sources):
            found |= {n: v for n, v in source.env_vars.items() if n.startswith(KEY_PREFIX) and v}
        return {"named_keys": {name.removeprefix(KEY_PREFIX): key for name, key in found.items()}}


class Settings(DecisionSettings, PrivacySettings, NotifySettings, ReportSettings):
    """All settings of one command; construct through `load_settings` for readable errors."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        case_sensitive=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    api_key: Key | None = setting(
        None, "INSTANTLY_API_KEY", "an API v2 key of one workspace", "your-api-key"
    )
    workspace_names: Names = setting(
        (), "INSTANTLY_WORKSPACES", "names with commas between them", "acme,globex"
    )
    named_keys: dict[str, Key] = Field({}, validation_alias="named_keys", repr=False)
    sub_workspaces: Names = setting(
        (), "INSTANTLY_SUB_WORKSPACES", "all, or workspace ids with commas between them", "all"
    )
    base_url: BaseUrl = setting(
        "https://api.instantly.ai",
        "INSTANTLY_BASE_URL",
        "an https address, or http on this machine",
        "https://api.instantly.ai",
    )
    warehouse_path: WarehousePath = setting(
        Path("data/warehouse.duckdb"),
        "WAREHOUSE_PATH",
        "the path of a DuckDB file",
        "data/warehouse.duckdb",
        validate_default=True,
    )
    destination: Literal["duckdb", "postgres", "ducklake"] = setting(
        "duckdb", "DESTINATION", "duckdb, postgres or ducklake", "postgres"
    )
    postgres_url: PostgresUrl | None = setting(
        None,
        "DESTINATION_POSTGRES_URL",
        "postgresql://user:password@host:port/database",
        "postgresql://loader:secret@db.example.com:5432/analytics",
    )
    lake_folder: FilePath | None = setting(
        None, "DESTINATION_DUCKLAKE_FOLDER", "the path of a folder", "/srv/lake"
    )
    start_date: Day | None = setting(
        None, "INSTANTLY_START_DATE", "a day as YYYY-MM-DD", "2026-01-31"
    )
    tables: str = setting(
        "core,leads,lead_lists,lead_labels",
        "INSTANTLY_TABLES",
        "tiers or tables, or all",
        "core,leads,lead_lists,lead_labels",
    )
    requests_per_minute: int = setting(
        3000,
        "INSTANTLY_REQUESTS_PER_MINUTE",
        "a whole number from 1 to 6000",
        "3000",
        ge=1,
        le=6000,
    )
    settled_after_days: int = setting(
        14, "SETTLED_AFTER_DAYS", "a whole number of days from 0 to 365", "14", ge=0, le=365
    )
    settled_days_keep: Literal["greatest", "newest"] = setting(
        "greatest", "SETTLED_DAYS_KEEP", "greatest or newest", "greatest"
    )
    trailing_days: int = setting(
        3, "TRAILING_DAYS", "a whole number of days from 0 to 365", "3", ge=0, le=365
    )
    lead_variables: Variables = setting(
        (),
        "LEAD_VARIABLES",
        "names of custom variables with commas between them",
        "Industry,companySize",
    )
    full_walk_days: int = setting(
        7, "FULL_WALK_DAYS", "a whole number of days from 1 to 365", "7", ge=1, le=365
    )
    email_bodies: bool = setting(False, "EMAIL_BODIES", "true or false", "true")
    email_minutes: int = setting(
        60, "EMAIL_MINUTES", "a whole number of minutes from 1 to 10080", "60", ge=1, le=10080
    )
    quarantine_share: float = setting(
        0.01, "QUARANTINE_SHARE", "a share from 0 to 1", "0.01", ge=0, le=1
    )
    run_deadline_minutes: int = setting(
        240,
        "RUN_DEADLINE_MINUTES",
        "a whole number of minutes from 1 to 10080",
        "240",
        ge=1,
        le=10080,
    )
    publish_minutes: int = setting(
        15, "PUBLISH_MINUTES", "a whole number of minutes from 0 to 10080", "15", ge=0, le=10080
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = setting(
        "INFO", "LOG_LEVEL", "DEBUG, INFO, WARNING or ERROR", "INFO"
    )

    @model_validator(mode="after")
    def _keys_fit_workspaces(self) -> Settings:
        if self.api_key and self.workspace_names:
            raise ConfigurationError(
                "both INSTANTLY_API_KEY and INSTANTLY_WORKSPACES are set",
                todo="keep the key for one workspace, or the list with one key per name",
            )
        if self.sub_workspaces and self.workspace_names:
            raise ConfigurationError(
                "INSTANTLY_SUB_WORKSPACES goes with one admin key, not with INSTANTLY_WORKSPACES",
                todo="set INSTANTLY_API_KEY to the admin key and remove INSTANTLY_WORKSPACES",
            )
        self._refuse_missing_and_idle_keys()
        if self.destination != "duckdb" and self.postgres_url is None:
            raise ConfigurationError(
                f"DESTINATION={self.destination}, but DESTINATION_POSTGRES_URL is not set",
                todo="write DESTINATION_POSTGRES_URL=postgresql://user:password@host:port/database",
            )
        if self.destination == "ducklake" and self.lake_folder is None:
            raise ConfigurationError(
                "DESTINATION=ducklake, but DESTINATION_DUCKLAKE_FOLDER is not set",
                todo="write DESTINATION_DUCKLAKE_FOLDER=… with the folder of the lake's files",
            )
        return self

    def _refuse_missing_and_idle_keys(self) -> None:
        wanted = [key_suffix(name) for name in self.workspace_names]
        for name, suffix in zip(self.workspace_names, wanted, strict=True):
            if wanted.count(suffix) > 1:
                todo = "give one of them another name"
                what = f"two names share the variable {KEY_PREFIX}{suffix}"
                raise ConfigurationError(what, where="INSTANTLY_WORKSPACES", todo=todo)
            if suffix not in self.named_keys:
                variable = f"{KEY_PREFIX}{suffix}"
                what = f"INSTANTLY_WORKSPACES names {name!r}, but {variable} is not set"
                raise ConfigurationError(what, todo=f"write {variable}=… with the key of {name!r}")
        for idle in sorted(set(self.named_keys) - set(wanted)):
            what = f"{KEY_PREFIX}{idle} is set, but INSTANTLY_WORKSPACES does not name it"
            raise ConfigurationError(what, todo=f"add {idle.lower()} to INSTANTLY_WORKSPACES")

    @property
    def workspaces(self) -> tuple[WorkspaceKey, ...]:
        """The workspaces to load, at least one; ConfigurationError when no key is set."""
        if self.api_key:
            return (WorkspaceKey(None, self.api_key),)
        if not self.workspace_names:
            raise ConfigurationError(
                "no API key",
                where="INSTANTLY_API_KEY",
                todo="create an API v2 key in Instantly (Settings, Integrations) and write "
                "INSTANTLY_API_KEY=… into the environment or into .env here",
            )
        keys = self.named_keys
        return tuple(WorkspaceKey(name, keys[key_suffix(name)]) for name in self.workspace_names)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every configured key in clear: for the mask of `pipelines.logs` only."""
        keys = (*self.named_keys.values(), self.api_key, self.privacy_key, self.notify_url)
        return (*(key.get_secret_value() for key in keys if key), *self._passwords())

    def _passwords(self) -> tuple[str, ...]:
        """The database's password as it is, and the address as it was written."""
        if self.postgres_url is None:
            return ()
        from pipelines.destinations.postgres.address import PostgresAddress

        url = self.postgres_url.get_secret_value()
        return (PostgresAddress.of(url).password, url)

    @property
    def place(self) -> Place:
        """Where the warehouse is, of the kind that DESTINATION names."""
        from pipelines.destinations import place_of

        url = self.postgres_url if self.destination != "duckdb" else None
        lake = self.lake_folder if self.destination == "ducklake" else None
        return place_of(self.warehouse_path, url.get_secret_value() if url else None, lake)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 asked for by the base class
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then environment, then `.env`; and the named keys out of the latter two."""
        plain = (env_settings, dotenv_settings)
        named = _NamedKeys(settings_cls, *(s for s in plain if isinstance(s, EnvSettingsSource)))
        return (init_settings, *plain, named)


def key_suffix(workspace_name: str) -> str:
    """`Acme Ltd` as `ACME_LTD`: the part of the key's variable after the prefix."""
    return re.sub(r"[^A-Z0-9]+", "_", workspace_name.upper()).strip("_")


def variables() -> Iterator[str]:
    """The name of every variable that is read, except the keys with names of workspaces."""
    for field in Settings.model_fields.values():
        if str(field.validation_alias).isupper():
            yield str(field.validation_alias)


def load_settings() -> Settings:
    """The settings, or a ConfigurationError whose one line names the variable."""
    _have_arrow_give_back()
    env_file = Path(".env")
    refuse_odd_lines(env_file)
    refuse_typos(env_file, tuple(variables()), KEY_PREFIX)
    try:
        return Settings()
    except ValidationError as error:
        raise _explained(error) from None


def _have_arrow_give_back() -> None:
    """Arrow takes its memory from jemalloc, unless somebody chose.

    mimalloc, its default, keeps for every thread what that thread once had, and twelve read leads:
    550 MB for 100,000 of them instead of 480. It is asked for before Arrow is imported, because
    what Arrow does within itself takes no notice of a pool that is set later. The packages for
    Linux bring it; elsewhere Arrow would complain of a name that it does not know.
    """
    if sys.platform == "linux":
        os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "jemalloc")


class _NotifyAlone(NotifySettings):
    """The settings on notification without the others, which may be wrong."""

    model_config = Settings.model_config


def notify_settings() -> NotifySettings | None:
    """Whom to tell; None where even that cannot be read. `load_settings` says what is wrong."""
    try:
        return _NotifyAlone()
    except (ValueError, OSError):
        return None


def _explained(error: ValidationError) -> ConfigurationError:
    """The first wrong value in words; the rest are named, so that nobody fixes one per try."""
    wrong = error.errors(include_url=False, include_context=True, include_input=False)
    names = [_variable(problem["loc"]) for problem in wrong]
    words = _words(names[0])
    reason = str(wrong[0].get("ctx", {}).get("error", "")) or f"is not {words['expects']}"
    others = f" (also wrong: {', '.join(names[1:])})" if names[1:] else ""
    todo = f"write {words['expects']}, for instance {names[0]}={words['example']}"
    return ConfigurationError(f"{names[0]} {reason}{others}", todo=todo)


def _variable(location: tuple[int | str, ...]) -> str:
    """The variable that a validation error is about."""
    first = str(location[0])
    return f"{KEY_PREFIX}{location[1]}" if first == "named_keys" else first


def _words(variable: str) -> dict[str, str]:
    """What the field of the variable expects, and an example."""
    name = "INSTANTLY_API_KEY" if variable.startswith(KEY_PREFIX) else variable
    fields = Settings.model_fields.values()
    field = next(field for field in fields if field.validation_alias == name)
    return dict(field.json_schema_extra)  # ty: ignore


def child_environment() -> Mapping[str, str]:
    """The environment of other programs: no key of ours, no dbt setting of others, no telemetry."""
    hidden = ("INSTANTLY_API_KEY", "PRIVACY_", "NOTIFY_", "DESTINATION_", "DBT_")
    inherited = {n: v for n, v in os.environ.items() if not n.startswith(hidden)}
    return inherited | {"DBT_SEND_ANONYMOUS_USAGE_STATS": "False", "DO_NOT_TRACK": "1"}


def parse_cache(destination: str = "duckdb") -> Path | None:
    """Where dbt's parsed project outlives runs; None where no such folder can be made.

    One for each kind of place: to dbt, another kind is another project. A cache and no state: dbt
    checks it against the project, and without it a build parses anew, which takes seconds.
    """
    folder = user_cache_path("instantly-warehouse")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    kind = "" if destination == "duckdb" else f".{destination}"
    return folder / f"partial_parse{kind}.msgpack"


def quiet_dlt(workdir: Path, log_level: str = "ERROR") -> None:
    """Sets dlt's switches; call before dlt does anything (importing it is nothing).

    Telemetry is on by default in dlt and ignores DO_NOT_TRACK. One load worker, because parallel
    load jobs multiply the places where a kill hurts. dlt's home and project lie in the run folder:
    a `.dlt/config.toml` of another project must not bend this one. Secrets are not dlt's to look
    for: an empty file of them keeps it from importing Streamlit, half a second, to ask there.
    """
    home = workdir / "dlt"
    (home / ".dlt").mkdir(parents=True, exist_ok=True)
    (home / ".dlt" / "secrets.toml").touch()
    os.environ |= {
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__LOG_LEVEL": log_level,
        "LOAD__WORKERS": "1",
        "DLT_DATA_DIR": str(home),
        "DLT_PROJECT_DIR": str(home),
    }
