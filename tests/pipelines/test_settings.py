"""Settings: what is accepted, what is refused in which words, and what `.env.example` promises."""

from __future__ import annotations

import math
import re
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pipelines.decision_settings import DecisionSettings
from pipelines.errors import ConfigurationError, Exit
from pipelines.judge import decision_rules
from pipelines.settings import (
    Settings,
    child_environment,
    key_suffix,
    load_settings,
    notify_settings,
    quiet_dlt,
    variables,
)
from transforms.judgement import Metric, Rules

EXAMPLE = Path(__file__).parents[2] / ".env.example"
DECIDED = {
    name.removeprefix("decision_"): field.annotation
    for name, field in DecisionSettings.model_fields.items()
}
ODD = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), min_size=1)


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty working directory and not one of our variables."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.environ", dict(environment))


def load(**given_variables: str) -> Settings:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in given_variables.items():
            patch.setenv(name, value)
        return load_settings()


def refusal(**given_variables: str) -> str:
    with pytest.raises(ConfigurationError) as refused:
        _ = load(**given_variables).workspaces
    assert refused.value.exit_code == Exit.CONFIGURATION
    text = str(refused.value)
    assert text.isprintable(), "a message is one line"
    return text


def outcome_of(variable: str, value: str) -> str | None:
    """The refusal's text, None when the value is accepted; anything else goes through."""
    try:
        load(**{variable: value})
    except ConfigurationError as refused:
        return str(refused)
    return None


def test_one_key_is_enough(tmp_path: Path) -> None:
    settings = load(INSTANTLY_API_KEY="secret")
    assert [(w.name, w.api_key.get_secret_value()) for w in settings.workspaces] == [
        (None, "secret")
    ]
    assert settings.warehouse_path == tmp_path / "data" / "warehouse.duckdb"
    assert settings.base_url == "https://api.instantly.ai"


def test_several_workspaces_have_a_key_each() -> None:
    settings = load(
        INSTANTLY_WORKSPACES="acme, Globex Ltd",
        INSTANTLY_API_KEY_ACME="one",
        INSTANTLY_API_KEY_GLOBEX_LTD="two",
    )
    keys = {w.name: w.api_key.get_secret_value() for w in settings.workspaces}
    assert keys == {"acme": "one", "Globex Ltd": "two"}
    assert set(settings.secrets) == {"one", "two"}


def test_env_file_is_read_and_the_environment_wins() -> None:
    Path(".env").write_text("INSTANTLY_API_KEY='from file'\nTRAILING_DAYS=5\n".replace("m f", "mf"))
    assert load().secrets == ("fromfile",)
    settings = load(TRAILING_DAYS="7", INSTANTLY_API_KEY="from-environment")
    assert (settings.trailing_days, settings.secrets) == (7, ("from-environment",))


def test_env_file_may_hold_the_keys_of_several() -> None:
    Path(".env").write_text("INSTANTLY_WORKSPACES=acme\nINSTANTLY_API_KEY_ACME=x\n")
    assert load().secrets == ("x",)
    assert load(INSTANTLY_API_KEY_ACME="y").secrets == ("y",)


def test_empty_values_count_as_not_set() -> None:
    settings = load(INSTANTLY_API_KEY="k", INSTANTLY_WORKSPACES="", INSTANTLY_START_DATE="")
    assert (settings.workspace_names, settings.start_date) == ((), None)


def test_no_key_says_where_to_get_one() -> None:
    assert refusal().startswith("INSTANTLY_API_KEY: no API key. Create an API v2 key")


@pytest.mark.parametrize(
    ("given_variables", "names", "says"),
    [
        ({"INSTANTLY_REQUESTS_PER_MINUTE": "0"}, "INSTANTLY_REQUESTS_PER_MINUTE", "1 to 6000"),
        ({"INSTANTLY_REQUESTS_PER_MINUTE": "many"}, "INSTANTLY_REQUESTS_PER_MINUTE", "=3000"),
        ({"SETTLED_AFTER_DAYS": "-1"}, "SETTLED_AFTER_DAYS", "0 to 365"),
        ({"DECISION_METRIC": "replies"}, "DECISION_METRIC", "reply, positive, click or open"),
        ({"DECISION_EFFECT": "0"}, "DECISION_EFFECT", "above 0 and up to 10"),
        ({"DECISION_EFFECT": "-0.5"}, "DECISION_EFFECT", "above 0 and up to 10"),
        ({"DECISION_EFFECT": "50 %"}, "DECISION_EFFECT", "=0.5"),
        ({"DECISION_EFFECT": "nan"}, "DECISION_EFFECT", "above 0 and up to 10"),
        ({"DECISION_EFFECT": "11"}, "DECISION_EFFECT", "above 0 and up to 10"),
        ({"SETTLED_DAYS_KEEP": "last"}, "SETTLED_DAYS_KEEP", "greatest or newest"),
        ({"TRAILING_DAYS": "1.5"}, "TRAILING_DAYS", "whole number"),
        ({"LEAD_VARIABLES": "aB,x,a b"}, "LEAD_VARIABLES", "'aB' and 'a b', which would be one"),
        ({"EMAIL_MINUTES": "0"}, "EMAIL_MINUTES", "whole number"),
        ({"EMAIL_BODIES": "maybe"}, "EMAIL_BODIES", "true or false"),
        ({"INSTANTLY_START_DATE": "01.02.2026"}, "INSTANTLY_START_DATE", "2026-01-31"),
        ({"INSTANTLY_START_DATE": "20260101"}, "INSTANTLY_START_DATE", "YYYY-MM-DD"),
        ({"INSTANTLY_START_DATE": "2026-02-30"}, "INSTANTLY_START_DATE", "no calendar"),
        ({"INSTANTLY_BASE_URL": "http://api.instantly.ai"}, "INSTANTLY_BASE_URL", "unencrypted"),
        ({"INSTANTLY_BASE_URL": "https://u:p@x.y"}, "INSTANTLY_BASE_URL", "host and port"),
        ({"INSTANTLY_BASE_URL": "https://x.y/api/v1"}, "INSTANTLY_BASE_URL", "path"),
        ({"INSTANTLY_BASE_URL": "ftp://x.y"}, "INSTANTLY_BASE_URL", "not a web address"),
        ({"INSTANTLY_BASE_URL": "https://x.y:99999"}, "INSTANTLY_BASE_URL", "not a web address"),
        ({"DESTINATION": "oracle"}, "DESTINATION", "duckdb, postgres or ducklake"),
        ({"DESTINATION": "postgres"}, "DESTINATION_POSTGRES_URL", "not set"),
        (
            {"DESTINATION": "ducklake", "DESTINATION_POSTGRES_URL": "postgresql://u:p@h/d"},
            "DESTINATION_DUCKLAKE_FOLDER",
            "not set",
        ),
        ({"DESTINATION_POSTGRES_URL": "mysql://u:p@h/d"}, "DESTINATION_POSTGRES_URL", "begin with"),
        ({"DESTINATION_POSTGRES_URL": "postgresql://u@h/d"}, "POSTGRES_URL", "no password"),
        ({"WAREHOUSE_PATH": ":memory:"}, "WAREHOUSE_PATH", "path of a file"),
        ({"WAREHOUSE_PATH": "md:team"}, "WAREHOUSE_PATH", "path of a file"),
        ({"WAREHOUSE_PATH": "instantly_raw.duckdb"}, "WAREHOUSE_PATH", "already has"),
        ({"WAREHOUSE_PATH": "~nobody-here/x.duckdb"}, "WAREHOUSE_PATH", "home folder"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL", "INFO"),
        ({"INSTANTLY_API_KEY": "two words"}, "INSTANTLY_API_KEY", "space"),
        ({"INSTANTLY_WORKSPACES": "acme"}, "INSTANTLY_API_KEY_ACME", "not set"),
        ({"INSTANTLY_API_KEY_ACME": "x"}, "INSTANTLY_API_KEY_ACME", "does not name it"),
        ({"INSTANTLY_WORKSPACES": "a-b,a_b", "INSTANTLY_API_KEY_A_B": "x"}, "A_B", "share"),
        ({"INSTANTLY_SUB_WORKSPACES": "all", "INSTANTLY_WORKSPACES": "a"}, "SUB", "admin key"),
        ({"INSTANTLY_API_KEY": "k", "INSTANTLY_WORKSPACES": "a"}, "INSTANTLY_API_KEY", "both"),
    ],
)
def test_wrong_value_names_the_variable_and_what_to_write(
    given_variables: dict[str, str], names: str, says: str
) -> None:
    text = refusal(**given_variables)
    assert names in text
    assert says in text


def test_every_wrong_variable_is_named_at_once() -> None:
    text = refusal(TRAILING_DAYS="x", LOG_LEVEL="y")
    assert "TRAILING_DAYS" in text
    assert "LOG_LEVEL" in text


@pytest.mark.parametrize(
    "address", ["http://localhost:8787", "http://127.0.0.1:1", "http://[::1]:9"]
)
def test_http_is_accepted_on_this_machine(address: str) -> None:
    assert load(INSTANTLY_BASE_URL=f"{address}/").base_url == address


def test_address_with_the_api_path_means_the_same() -> None:
    assert load(INSTANTLY_BASE_URL="https://x.y/api/v2/").base_url == "https://x.y"


def test_day_is_a_date() -> None:
    assert load(INSTANTLY_START_DATE="2026-01-31").start_date == date(2026, 1, 31)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("INSTANTLY_START_DAET=2026-01-01", "INSTANTLY_START_DATE"),
        ("INSTANTLY_ANYTHING=1", ".env.example"),
        ("instantly_api_key=x", "INSTANTLY_API_KEY"),
        ("WAREHOUSE_PTH=x", "WAREHOUSE_PATH"),
        ("TRAILING_DAYS 3", "line 2"),
        ("INSTANTLY_API_KEY='x", "line 2"),
    ],
)
def test_typo_in_env_file_is_not_ignored(line: str, says: str) -> None:
    Path(".env").write_text(f"# ours\n{line}\n")
    text = refusal()
    assert ".env" in text
    assert says in text


def test_env_file_of_others_is_left_alone() -> None:
    Path(".env").write_text("export DATABASE_URL=postgres://x\nAWS_KEY=1\nINSTANTLY_API_KEY=k\n")
    assert load().secrets == ("k",)


def test_env_file_that_is_no_text_is_refused() -> None:
    Path(".env").write_bytes(b"INSTANTLY_API_KEY=\xff\xfe")
    assert "UTF-8" in refusal()


@given(variable=st.sampled_from(sorted(variables())), value=ODD)
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_value_is_accepted_or_refused_in_one_line(variable: str, value: str) -> None:
    """Never a traceback, never a second line, never the value of a key."""
    said = outcome_of(variable, value)
    assert said is None or (said.isprintable() and ("INSTANTLY_" in said or variable in said))


@given(key=st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=12))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_keys_are_not_in_what_is_printed(key: str) -> None:
    settings = load(INSTANTLY_API_KEY=key)
    assert key not in f"{settings!r} {settings} {settings.workspaces}"
    with pytest.raises(ConfigurationError) as refused:
        load(INSTANTLY_API_KEY=f"{key} {key}")
    assert key not in str(refused.value)


@given(name=ODD)
def test_suffix_of_a_key_is_a_name_that_a_shell_accepts(name: str) -> None:
    assert re.fullmatch(r"[A-Z0-9_]*", key_suffix(name))


def test_children_get_no_key_and_send_nothing_home(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("INSTANTLY_API_KEY", "INSTANTLY_API_KEY_ACME", "DBT_TARGET_PATH"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("PATH", "/bin")
    environment = child_environment()
    assert "secret" not in environment.values()
    assert environment["PATH"] == "/bin"
    assert environment["DBT_SEND_ANONYMOUS_USAGE_STATS"] == "False"
    assert environment["DO_NOT_TRACK"] == "1"


def test_dlt_sends_nothing_home_and_ignores_other_projects(tmp_path: Path) -> None:
    quiet_dlt(tmp_path)
    environment = child_environment()
    assert environment["RUNTIME__DLTHUB_TELEMETRY"] == "false"
    assert environment["DLT_PROJECT_DIR"].startswith(str(tmp_path))


def test_every_threshold_of_the_rules_has_its_setting_and_default() -> None:
    assert set(DECIDED) == {field.name for field in fields(Rules)}
    assert decision_rules(load()) == Rules()


@pytest.mark.parametrize("metric", list(Metric))
def test_every_metric_of_the_rules_can_be_chosen(metric: Metric) -> None:
    assert decision_rules(load(DECISION_METRIC=metric.value)).metric is metric


@pytest.mark.parametrize("name", sorted(set(DECIDED) - {"metric"}))
@given(number=st.one_of(st.floats(-1, 12), st.integers(-2, 400), st.floats()))
@example(number=0)
@example(number=0.5)
@example(number=1)
@example(number=365)
@hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)
def test_settings_and_rules_accept_the_same_numbers(name: str, number: float) -> None:
    kind = DECIDED[name]
    whole = kind is not int or (math.isfinite(number) and number == int(number))
    value = int(number) if kind is int and whole else number
    refused = outcome_of(f"DECISION_{name.upper()}", repr(value))
    try:
        rules = Rules(**{name: value})  # ty: ignore[invalid-argument-type]
    except ValueError:
        assert refused is not None
    else:
        assert (refused is None) == whole
        if refused is None:
            assert decision_rules(load(**{f"DECISION_{name.upper()}": repr(value)})) == rules


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("DECISION_ALPHA", "5", "a number between 0 and 0.5, for instance DECISION_ALPHA=0.05"),
        ("DECISION_POWER", "80 %", "between 0.5 and 1"),
        ("DECISION_LEADING_SHARE", "1", "between 0 and 1"),
        ("DECISION_SHARED_DAYS", "0", "a whole number of days from 1 to 365"),
        ("DECISION_RAMP_DAYS", "-1", "a whole number of days from 0 to 365"),
        ("DECISION_MAIL_COVERAGE", "98", "between 0.5 and 1"),
    ],
)
def test_a_wrong_threshold_says_what_to_write(variable: str, value: str, says: str) -> None:
    text = refusal(**{variable: value})
    assert text.startswith(variable)
    assert says in text


def example_lines() -> dict[str, str]:
    found = re.findall(r"^(?:# )?([A-Z_]+)=(.*)$", EXAMPLE.read_text("utf-8"), re.MULTILINE)
    return dict(found)


def test_example_lists_every_variable_and_no_other() -> None:
    assert set(example_lines()) == {*variables(), "INSTANTLY_API_KEY_ACME"}


def test_example_shows_the_defaults() -> None:
    Path(".env").write_text(EXAMPLE.read_text("utf-8"))
    assert load() == Settings(_env_file=None)
    by_variable = {str(f.validation_alias): f.default for f in Settings.model_fields.values()}
    for variable, shown in example_lines().items():
        if variable in by_variable:
            default = by_variable[variable]
            written = str(default).lower() if default is False else str(default or "")
            assert shown == written, variable


def test_example_comments_every_variable() -> None:
    blocks = EXAMPLE.read_text("utf-8").split("\n\n")
    for variable in variables():
        block = next(b for b in blocks if re.search(rf"^{variable}=", b, re.MULTILINE))
        assert block.startswith("# "), variable


def test_hashes_need_a_key_that_cannot_be_guessed() -> None:
    assert "PRIVACY_KEY is not" in refusal(PRIVACY_HASH="leads.email")
    short = refusal(PRIVACY_HASH="leads.email", PRIVACY_KEY="a-short-one")
    assert "shorter than 16 characters" in short
    assert "a-short-one" not in short


def test_the_key_of_the_hashes_is_masked_and_no_child_sees_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = "sixteen-signs-and-more"
    monkeypatch.setenv("PRIVACY_KEY", key)
    settings = load(PRIVACY_HASH="leads.email, emails.lead", PRIVACY_DROP="leads.phone")
    assert key in settings.secrets
    assert key not in repr(settings)
    assert key not in "".join(child_environment().values())
    privacy = settings.privacy(())
    assert privacy.hashed == {"leads": frozenset({"email"}), "emails": frozenset({"lead"})}
    assert privacy.dropped == {"leads": frozenset({"phone"})}


def test_variables_of_leads_can_be_hidden_by_their_columns() -> None:
    settings = load(LEAD_VARIABLES="Home phone", PRIVACY_DROP="leads.variable_home_phone")
    assert settings.privacy(settings.lead_variables).dropped


@pytest.mark.parametrize(
    ("given_variables", "says"),
    [
        ({"NOTIFY_URL": "http://hooks.example.com/s3cr3t"}, "unencrypted"),
        ({"NOTIFY_URL": "https://me:s3cr3t@hooks.example.com"}, "name or password"),
        ({"NOTIFY_URL": "hooks.example.com/s3cr3t"}, "not a web address"),
        ({"NOTIFY_COMMAND": "tell 'on call s3cr3t"}, "quotation mark"),
        ({"NOTIFY_ON": "failure,disaster"}, "'disaster'; there are failure, partial"),
        ({"NOTIFY_ON": ","}, "names nothing"),
    ],
)
def test_hooks_that_cannot_work_are_refused(given_variables: dict[str, str], says: str) -> None:
    refused = refusal(**given_variables)
    assert refused.startswith(next(iter(given_variables)))
    assert says in refused
    assert "s3cr3t" not in refused


def test_hooks_are_read_though_another_setting_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "https://hooks.example.com/s3cr3t"
    monkeypatch.setenv("TRAILING_DAYS", "many")
    monkeypatch.setenv("NOTIFY_COMMAND", 'tell --to "on call"')
    monkeypatch.setenv("NOTIFY_URL", url)
    found = notify_settings()
    assert found
    assert found.notify_command == ("tell", "--to", "on call")
    assert url not in repr(found)
    assert url not in "".join(child_environment().values())
    monkeypatch.setenv("TRAILING_DAYS", "3")
    assert url in load().secrets
