"""Every format: the same words, nobody else's, safe against what a campaign may be called."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest
from pypdf import PdfReader

from pipelines.client_report import (
    FORMATS,
    Brand,
    ClientMonth,
    brand_of,
    read_client_month,
    rendered,
)
from pipelines.client_report.document import Document
from pipelines.client_report.html import as_html
from pipelines.errors import ConfigurationError, RunFailedError
from tests.dashboard.marts import NASTY, shapes, write
from tests.pipelines.client_report.conftest import JANE, OCTOBER, world
from tests.pipelines.installed_program import Program

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle r="4"/></svg>'
FOREIGN = ("Globex", "Umbrella", "Hooli", "Foreign", "c4", "c5", "w2", "t4", "t5", "run-1", JANE)


def png(side: int = 4) -> bytes:
    """A blue square."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = (b"\0" + b"\x00\x72\xb2" * side) * side
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def words_of(data: bytes, format_: str) -> str:
    if format_ != "pdf":
        return data.decode()
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


def made(month: ClientMonth, format_: str, brand: Brand | None = None) -> bytes:
    return rendered(month, format_, brand or Brand(), 14)  # ty: ignore[invalid-argument-type]


def numbers_in(text: str) -> set[str]:
    """Whole numbers of four digits and more, however they are grouped."""
    found = (number.replace(",", "") for number in re.findall(r"\d[\d,]*", text))
    return {number for number in found if len(number) >= 4}


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_has_the_month_and_nobody_elses(
    warehouse: Path, october: ClientMonth, format_: str
) -> None:
    text = words_of(made(october, format_), format_)
    assert "320" in text
    assert "ifetime" in text
    for foreign in FOREIGN:
        assert not re.search(rf"\b{re.escape(foreign)}\b", text)
    globex = numbers_in(made(read_client_month(warehouse, "Globex", OCTOBER), "csv").decode())
    own = numbers_in(made(october, "csv").decode())
    assert len(globex - own) > 20
    assert not numbers_in(text) & (globex - own)
    assert not re.search(r"[\w.+-]+@[\w-]+\.\w", text)


@pytest.fixture(scope="module", params=["Acme", "Umbrella"])
def alone(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, warehouse: Path
) -> tuple[str, Path]:
    """A client, and the warehouse without a row of anybody else."""
    space, own = {
        "Acme": ("w1", ("c1", "c2", "c3", "c6")),
        "Umbrella": ("w2", ("c4",)),
    }[request.param]
    rows = {
        mart: [
            row
            for row in given
            if row.get("workspace_id", space) == space and row.get("campaign_id", own[0]) in own
        ]
        for mart, given in world().items()
    }
    path = write(tmp_path_factory.mktemp("alone") / "warehouse.duckdb", rows)
    copy_comments(warehouse, path)
    return request.param, path


@pytest.mark.parametrize("format_", FORMATS)
def test_a_warehouse_without_all_others_gives_the_same_bytes(
    alone: tuple[str, Path], warehouse: Path, format_: str
) -> None:
    """What nobody else's row can change, nobody else's row is in."""
    client, path = alone
    expected = made(read_client_month(warehouse, client, OCTOBER), format_)
    assert made(read_client_month(path, client, OCTOBER), format_) == expected


def copy_comments(source: Path, target: Path) -> None:
    with duckdb.connect(str(source), read_only=True) as connection:
        found = connection.execute(
            "select table_name, column_name, comment from duckdb_columns() "
            "where comment is not null and schema_name = 'instantly'"
        ).fetchall()
    with duckdb.connect(str(target)) as connection:
        for table, column, comment in found:
            connection.execute(
                f"comment on column warehouse.instantly.{table}.{column} is '{comment}'"
            )


class Reader(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_one_file_whatever_a_campaign_is_called(document: Document) -> None:
    reader = Reader()
    reader.feed(as_html(document))
    names = {tag for tag, _ in reader.tags}
    assert not names & {"script", "link", "iframe", "object", "a", "form", "base"}
    assert NASTY in reader.text
    for tag, attributes in reader.tags:
        assert not [name for name in attributes if name.startswith("on")], tag
        for name in ("src", "href", "xlink:href", "action"):
            assert (attributes.get(name) or "data:").startswith("data:")
    policy = next(a["content"] for _, a in reader.tags if a.get("http-equiv"))
    assert (policy or "").startswith("default-src 'none'")


def test_the_page_can_be_read_aloud(october: ClientMonth, tmp_path: Path) -> None:
    logo = tmp_path / "logo.svg"
    logo.write_text(SVG)
    reader = Reader()
    reader.feed(made(october, "html", brand_of(None, logo)).decode())
    tags = reader.tags
    assert ("html", {"lang": "en"}) in tags
    levels = [int(tag[1]) for tag, _ in tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(a.get("scope") in ("col", "row") for tag, a in tags if tag == "th")
    assert all(a.get("alt") for tag, a in tags if tag == "img")
    drawn = [a for tag, a in tags if tag == "svg"]
    assert len(drawn) == 2
    assert all(a["role"] == "img" and "by day, October 2026" in str(a["aria-label"]) for a in drawn)


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_a_logo_is_in_the_file(october: ClientMonth, tmp_path: Path, kind: str) -> None:
    logo = tmp_path / "picture"
    logo.write_bytes(png() if kind == "png" else SVG.encode())
    brand = brand_of("North & Light", logo)
    page = made(october, "html", brand).decode()
    assert f"data:image/{kind}" in page
    assert "North &amp; Light" in page
    assert "North & Light" in words_of(made(october, "pdf", brand), "pdf")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (None, "no such file"),
        (b"", "neither a whole PNG nor an SVG"),
        (png()[:-9], "neither a whole PNG nor an SVG"),
        (b"<svg/>", "neither a whole PNG nor an SVG"),
        (SVG.encode()[:-3], "neither a whole PNG nor an SVG"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 300_000, "292 KiB, more than 256"),
    ],
)
def test_a_logo_that_is_none_is_refused(tmp_path: Path, data: bytes | None, says: str) -> None:
    logo = tmp_path / "logo.png"
    if data is not None:
        logo.write_bytes(data)
    with pytest.raises(ConfigurationError, match=f"REPORT_BRAND_LOGO: .*{says}"):
        brand_of("Northlight", logo)


def test_a_logo_that_only_looks_whole_is_one_line(october: ClientMonth, tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    logo.write_bytes(png()[:40] + png()[-12:])
    with pytest.raises(RunFailedError, match=r"the PDF cannot be set: .*image"):
        made(october, "pdf", brand_of(None, logo))


def test_the_paper_has_title_pages_and_tags(october: ClientMonth) -> None:
    read = PdfReader(io.BytesIO(made(october, "pdf")))
    assert read.metadata is not None
    assert read.metadata.title == "Acme, October 2026"
    assert read.trailer["/Root"]["/MarkInfo"]["/Marked"] == True  # noqa: E712 pypdf has a type of its own
    assert "As of 2026-11-22 12:00 UTC" in read.pages[0].extract_text()


def test_markdown_tables_have_as_many_cells_in_every_row(october: ClientMonth) -> None:
    text = made(october, "markdown").decode()
    assert "<script>" not in text
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({line.replace("\\|", "").count("|") for line in table.splitlines()}) == 1


@pytest.fixture
def report(program: Program, warehouse: Path) -> Callable[..., tuple[int, str, str]]:
    def run(*arguments: str, **variables: str) -> tuple[int, str, str]:
        done = program("report", *arguments, WAREHOUSE_PATH=str(warehouse), **variables)
        return done.returncode, done.stdout, done.stderr

    return run


def test_the_command_writes_whole_files(report: Callable, tmp_path: Path) -> None:
    (tmp_path / "r.html").write_text("the last one")
    code, said, wrong = report("--client", "acme", "--month", "2026-10", "--output", "r.html")
    assert (code, said, wrong) == (0, "", "")
    assert (tmp_path / "r.html").read_text().startswith("<!doctype html>")
    assert [path.name for path in tmp_path.iterdir()] == ["r.html"]
    code, said, _ = report("--client", "acme", "--month", "2026-10", "--format", "csv")
    assert said.startswith("section,campaign,metric,period,value,previous,change\n")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--client", "nobody"], 2, "Acme; Globex; Twin"),
        (["--client", "Acme", "--month", "2027-01"], 2, "has not begun"),
        (["--client", "Acme", "--month", "2026-1"], 2, "2026-01"),
        (["--client", "Acme", "--output", "no/such/r.html"], 2, "no such folder"),
        (["--client", "Acme", "--output", "WAREHOUSE"], 2, "is the warehouse itself"),
        (["--client", "Acme", "--workspace", "Acme"], 2, "--client takes no"),
        (["--month", "2026-10"], 2, "add --client NAME"),
    ],
)
def test_what_cannot_be_is_one_line(
    report: Callable, warehouse: Path, arguments: list[str], code: int, says: str
) -> None:
    before = warehouse.read_bytes()
    given = [str(warehouse) if word == "WAREHOUSE" else word for word in arguments]
    found, said, wrong = report(*given)
    assert (found, said) == (code, "")
    assert says in wrong
    assert wrong.startswith("error: ")
    assert wrong.count("\n") == 1
    assert warehouse.read_bytes() == before


def test_a_pdf_without_the_extra_says_what_to_install(report: Callable, tmp_path: Path) -> None:
    (tmp_path / "typst.py").write_text("raise ImportError('not here')")
    code, said, wrong = report("--client", "Acme", "--format", "pdf", PYTHONPATH=str(tmp_path))
    assert (code, said) == (2, "")
    assert "instantly-warehouse[pdf]" in wrong


def test_every_column_that_is_asked_for_is_one_of_the_mart() -> None:
    from pipelines.client_report.measures import LIFETIME
    from pipelines.client_report.reading import Arm
    from pipelines.client_report.trust import Differing, Restated

    wanted = {
        "campaign_performance": [column.name for column in LIFETIME],
        "variant_arms": Arm.__dataclass_fields__,
        "restatements": Restated.__dataclass_fields__,
        "reconciliation": Differing.__dataclass_fields__,
    }
    for mart, columns in wanted.items():
        assert set(columns) <= shapes()[mart].keys()
