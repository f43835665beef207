"""Notifications: a real server and a real program at the other end, and what they are told."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from pipelines.errors import Exit
from pipelines.lock import locked
from pipelines.notify import Notifier
from pipelines.notify.delivery import Delivery, NotDelivered, post, run_command
from pipelines.notify.event import Event, TableNews, Totals
from pipelines.notify_settings import NotifySettings, Occasion
from pipelines.secrecy import Mask
from tests.pipelines.installed_program import PROGRAM, Program
from tests.pipelines.receiving import Receiver, receiving, told_program

KEY = "canary-key-7c1f0e"
NOW = datetime(2026, 11, 17, 4, 17, 2, tzinfo=UTC)
FAILURE = Event(
    occasions=(Occasion.FAILURE,),
    run_id="20261117T041700123Z-1f6f0a",
    command="run",
    exit_code=1,
    warehouse="warehouse.duckdb",
    as_of=NOW,
    finished_at=NOW,
    seconds=12.34,
    version="0.1.0",
    message="GET /campaigns: the API answers 503; try again later",
)
LOST = TableNews("w1", "acme", "leads", "skipped", 100, 0, 0, "the key lacks leads:read")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving(Receiver()) as listening:
        yield listening


def sent(receiver: Receiver, attempts: int = 2, seconds: float = 5.0) -> str | None:
    """Posts to the receiver; why it was not delivered."""
    try:
        post(SecretStr(receiver.url), '{"schema": 1}', seconds, attempts)
    except NotDelivered as failure:
        return str(failure)
    return None


def test_an_address_that_fails_for_a_moment_is_asked_again(receiver: Receiver) -> None:
    receiver.answers = [503, 200]
    assert sent(receiver) is None
    assert len(receiver.events) == 2
    assert receiver.headers[0]["User-Agent"].startswith("instantly-warehouse/")


@pytest.mark.parametrize(
    ("answers", "asked", "says"), [([404], 1, "answered 404"), ([500], 2, "answered 500")]
)
def test_an_address_that_refuses_is_said_without_its_secret(
    receiver: Receiver, answers: list[int], asked: int, says: str
) -> None:
    receiver.answers = answers
    why = sent(receiver)
    assert why
    assert says in why
    assert "127.0.0.1" in why
    assert "t0ken" not in why
    assert len(receiver.events) == asked


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    with receiving(Receiver()) as elsewhere:
        receiver.answers, receiver.location = [307], elsewhere.url
        assert "redirects are not followed" in (sent(receiver) or "")
        assert (elsewhere.events, elsewhere.looks) == ([], 0)


def test_proxies_and_netrc_are_not_trusted(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password something\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    assert sent(receiver) is None
    assert "Authorization" not in receiver.headers[0]


def test_nobody_at_home_and_slow_answers_end_in_time(receiver: Receiver) -> None:
    receiver.delay = 3
    assert "did not answer within 0 s" in (sent(receiver, attempts=1, seconds=0.2) or "")
    receiver.url = "http://127.0.0.1:9/hook"
    assert "no connection" in (sent(receiver, attempts=1) or "")


def test_a_program_gets_its_words_and_the_event(tmp_path: Path) -> None:
    told = told_program(tmp_path)
    run_command([str(told.path), "--to", "on call"], FAILURE.as_json(), {"SEEN": "yes"}, 10)
    (call,) = told.calls
    assert call["words"] == ["--to", "on call"]
    assert call["event"]["event"] == "failure"
    assert call["environ"]["SEEN"] == "yes"


@pytest.mark.parametrize(
    ("then", "says"),
    [
        ("sys.exit('pager: no such number')", "ended with code 1: pager: no such number"),
        ("import time; time.sleep(60)", "took longer than 1 s"),
        ("import subprocess; subprocess.Popen(['sleep', '5']); sys.exit(3)", "ended with code 3"),
    ],
)
def test_a_program_that_fails_or_hangs_is_said(tmp_path: Path, then: str, says: str) -> None:
    told = told_program(tmp_path, then)
    begun = time.monotonic()
    with pytest.raises(NotDelivered, match=says):
        run_command([str(told.path)], FAILURE.as_json(), {}, 1)
    assert time.monotonic() - begun < 10
    assert len(told.events) == 1


def test_a_program_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotDelivered, match="cannot be started: No such file"):
        run_command([str(tmp_path / "none")], "{}", {}, 1)


def test_the_event_is_one_object_with_a_sentence_for_chats() -> None:
    told = json.loads(FAILURE.as_json())
    assert told["schema"] == 1
    assert told["text"] == (
        "instantly-warehouse run failed (exit 1): GET /campaigns: the API answers 503; try again "
        "later [run 20261117T041700123Z-1f6f0a; warehouse.duckdb is as of 2026-11-17 04:17]"
    )
    assert told["as_of"] == "2026-11-17T04:17:02Z"


def test_the_gravest_occasion_comes_first_and_all_are_said() -> None:
    gone = replace(LOST, table="campaigns", status="ok", rows=3, deleted=40, message="")
    event = replace(
        FAILURE,
        occasions=(Occasion.PARTIAL, Occasion.MASS_DELETE),
        exit_code=3,
        message="",
        totals=Totals(2, 103, 40, 9),
        tables=(LOST, gone),
    )
    told = json.loads(event.as_json())
    assert (told["event"], told["events"]) == ("partial", ["partial", "mass_delete"])
    assert "acme.leads skipped: the key lacks leads:read; " in told["text"]
    assert "acme.campaigns lost 40 of 43 rows" in told["text"]


def test_a_long_list_of_tables_is_cut_and_says_so() -> None:
    told = json.loads(replace(FAILURE, tables=(LOST,) * 70).as_json())
    assert (len(told["tables"]), told["tables_left_out"]) == (50, 20)


@given(st.text(), st.emails(), st.text(max_size=5))
def test_whatever_an_error_says_an_event_names_nobody_and_wakes_nobody(
    before: str, address: str, after: str
) -> None:
    message = f"{before} {address} <!channel> {after}"
    told = replace(FAILURE, message=message, tables=(replace(LOST, message=message),)).as_json()
    text = json.loads(told)["text"]
    assert f"@{address.rpartition('@')[2]}" not in told
    assert "<!channel>" not in text
    assert len(text.splitlines()) == 1


# The whole command ------------------------------------------------------------------------------


def hooks(receiver: Receiver, **more: str) -> dict[str, str]:
    """One hook, a key, and an API that is nowhere."""
    nowhere = {"INSTANTLY_BASE_URL": "http://127.0.0.1:9", "INSTANTLY_API_KEY": KEY}
    return {"NOTIFY_URL": receiver.url, **nowhere, **more}


def test_settings_that_are_wrong_are_told_all_the_same(program: Program, receiver) -> None:
    done = program("run", **hooks(receiver, TRAILING_DAYS="many"))
    assert done.returncode == Exit.CONFIGURATION
    (event,) = receiver.events
    assert event["exit_code"] == 2
    assert "TRAILING_DAYS" in event["message"]
    assert f"error: {event['message']}" == done.stderr.strip()


def test_commands_that_look_and_runs_that_are_held_off_tell_nobody(
    program: Program, receiver, tmp_path: Path
) -> None:
    assert program("status", **hooks(receiver)).returncode == Exit.FAILED
    path = tmp_path / "warehouse.duckdb"
    with locked(path):
        done = program("sync", **hooks(receiver, WAREHOUSE_PATH=str(path)))
    assert done.returncode == Exit.LOCKED
    assert receiver.events == []


def test_a_hook_that_fails_is_a_warning_and_changes_nothing(program: Program, receiver) -> None:
    """Also with --quiet: nobody else would say so."""
    receiver.answers = [410]
    wrong = hooks(receiver, NOTIFY_COMMAND="'no such' program", TRAILING_DAYS="many")
    done = program("run", "--quiet", **wrong)
    assert done.returncode == Exit.CONFIGURATION
    warnings = [line for line in done.stderr.splitlines() if line.startswith("warning: ")]
    assert len(warnings) == 2
    assert "NOTIFY_COMMAND (no such) cannot be started" in warnings[0]
    assert "NOTIFY_URL (127.0.0.1" in warnings[1]
    assert "t0ken" not in done.stderr


@pytest.fixture
def silent_api() -> Iterator[socket.socket]:
    """An API that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        yield listener


@pytest.mark.parametrize(
    ("number", "code", "told"), [(signal.SIGTERM, 143, 1), (signal.SIGINT, 130, 0)]
)
def test_a_process_that_is_ended_has_a_last_word(
    tmp_path: Path, environment, receiver, silent_api, number: int, code: int, told: int
) -> None:
    """And its last line is JSON where JSON was asked for."""
    host = f"http://127.0.0.1:{silent_api.getsockname()[1]}"
    variables = hooks(receiver, INSTANTLY_BASE_URL=host, WAREHOUSE_PATH=str(tmp_path / "w.duckdb"))
    process = subprocess.Popen(
        [str(PROGRAM), "--log-format", "json", "sync"],
        cwd=tmp_path,
        env=environment | variables,
        stderr=subprocess.PIPE,
        text=True,
    )
    silent_api.accept()
    begun = time.monotonic()
    process.send_signal(number)
    _, stderr = process.communicate(timeout=20)
    assert time.monotonic() - begun < 10
    assert process.returncode == code
    last = json.loads(stderr.splitlines()[-1])
    assert (last["event"], last["exit_code"]) == ("failed", code)
    assert len(receiver.events) == told
    for event in receiver.events:
        assert event["exit_code"] == code
        assert event["text"].startswith("instantly-warehouse sync was ended (exit 143): terminated")


@pytest.mark.parametrize(
    ("on", "message", "told"),
    [
        ("partial,restatement", "it broke", []),
        ("mass_delete", "it broke", []),
        ("mass_delete", "run again with --allow-shrink", ["failure", "mass_delete"]),
        ("failure", "it broke", ["failure"]),
    ],
)
def test_what_was_not_asked_for_is_not_told(receiver, on: str, message: str, told) -> None:
    settings = NotifySettings(NOTIFY_URL=receiver.url, NOTIFY_ON=on)
    Notifier(settings, "run-1", "run", Mask(), {}).failed(message, Exit.REFUSED)
    assert [event["events"] for event in receiver.events] == ([told] if told else [])


def test_last_words_wait_for_nobody_who_is_slow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And need no folder of a run, which is gone by then."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    told = told_program(tmp_path, "import time; time.sleep(20)")
    settings = NotifySettings(NOTIFY_COMMAND=f"'{told.path}'")
    notifier = Notifier(settings, "run-1", "run", Mask(), {})
    begun = time.monotonic()
    notifier.last_words("the run took longer than RUN_DEADLINE_MINUTES", Exit.FAILED)
    assert time.monotonic() - begun < 8
    assert told.events[0]["exit_code"] == 1


def test_a_signal_that_another_thread_hears_ends_the_waiting_too() -> None:
    class Heard(Exception):
        pass

    def hear(*_: object) -> None:
        raise Heard

    def go_on() -> None:
        enough.wait(20)

    enough = threading.Event()
    before = signal.signal(signal.SIGUSR1, hear)
    delivery = Delivery(go_on, "somebody")
    threading.Timer(0.2, os.kill, [os.getpid(), signal.SIGUSR1]).start()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    begun = time.monotonic()
    try:
        with pytest.raises(Heard):
            delivery.failure(begun + 15)
    finally:
        enough.set()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGUSR1, before)
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize(
    ("number", "code", "codes"), [(signal.SIGTERM, 143, [2, 143]), (signal.SIGINT, 130, [2])]
)
def test_a_process_that_is_ended_while_it_tells_ends_as_any_other(
    program: Program, tmp_path: Path, number: int, code: int, codes: list[int]
) -> None:
    """Who was being told goes on no longer, and hears of it like everybody."""
    first = "len(open(file.name).readlines()) == 1"
    told = told_program(
        tmp_path,
        f"if {first}:\n    os.kill(os.getppid(), {int(number)})\n    __import__('time').sleep(20)",
    )
    begun = time.monotonic()
    done = program("run", NOTIFY_COMMAND=f"'{told.path}'", INSTANTLY_API_KEY=KEY, TRAILING_DAYS="x")
    assert time.monotonic() - begun < 10
    assert done.returncode == code
    assert "safe to run again" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert [call["event"]["exit_code"] for call in told.calls] == codes
