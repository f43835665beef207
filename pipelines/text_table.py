"""Tables of numbers around one column of text, fitted to the width there is.

rich squeezes every column when a table is too wide, and a squeezed number is a wrong number. Here
only the text column gives way; when that is not enough, whole columns go, the least needed first.
One layout serves several tables of the same shape, so that their columns stand below each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

LEAST_NEEDED = ("click", "positive", "per lead", "open", "state", "95 %", "replies")
LEFT = ("state", "")
GAP = 2
WIDTH_OF_TEXT = 16

Row = Sequence[str]


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns there is room for and how wide each is, in cells of a terminal."""

    heads: tuple[str, ...]
    text_head: str
    widths: dict[str, int]

    def table(self, rows: Sequence[Row]) -> Table:
        """The rows as a rich table; every row has a cell for each of `heads`, kept or not."""
        from rich.table import Table

        table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, GAP, 0, 0))
        for head, width in self.widths.items():
            is_left = head == self.text_head or head in LEFT
            table.add_column(head, justify="left" if is_left else "right", width=width)
        for row in rows:
            cells = dict(zip(self.heads, row, strict=True))
            table.add_row(*(_cut(cells[head], width) for head, width in self.widths.items()))
        return table


def layout(heads: tuple[str, ...], rows: Sequence[Row], text_head: str, width: int) -> Layout:
    """The layout for all of these rows within `width`; `text_head` names the column of text."""
    from rich.cells import cell_len

    columns = zip(heads, *rows, strict=True)
    widths = {texts[0]: max(map(cell_len, texts)) for texts in columns}
    text = widths[text_head]

    def room() -> int:
        return width - sum(widths.values()) + widths[text_head] - GAP * (len(widths) - 1)

    for head in LEAST_NEEDED:
        if room() >= min(text, WIDTH_OF_TEXT):
            break
        widths.pop(head, None)
    widths[text_head] = max(1, min(text, room()))
    return Layout(heads, text_head, widths)


def _cut(text: str, width: int) -> Text:
    """The text, ending in … where it is longer than its column; numbers never are."""
    from rich.text import Text

    cell = Text(text, no_wrap=True)
    cell.truncate(width, overflow="ellipsis")
    return cell
