"""Tables of numbers around one column of text, fitted to the width there is.

rich squeezes every column when a table is too wide, and a squeezed number is a wrong number. Here
only the text column gives way; when that is not enough, whole columns go, the least needed first.
One layout serves several tables of the same shape, so that their columns stand below each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

GAP = 2
WIDTH_OF_TEXT = 16

Row = Sequence[str]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a table is, whatever the width: its columns, and what they give way in.

    `text` names the column that is cut, `left` those that are set left besides, `least_needed`
    those that go, the first first. A head in none of them stays whole.
    """

    heads: tuple[str, ...]
    text: str
    left: tuple[str, ...] = ()
    least_needed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns there is room for and how wide each is, in cells of a terminal."""

    shape: Shape
    widths: dict[str, int]

    def table(self, rows: Sequence[Row], style: Callable[[Row], str] = lambda _: "") -> Table:
        """The rows as a rich table; every row has a cell for each head, kept or not.

        `style` is that of a whole row; it is colour on a terminal and nothing elsewhere.
        """
        from rich.table import Table

        table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, GAP, 0, 0))
        for head, width in self.widths.items():
            is_left = head == self.shape.text or head in self.shape.left
            table.add_column(head, justify="left" if is_left else "right", width=width)
        for row in rows:
            cells = dict(zip(self.shape.heads, row, strict=True))
            cut = (_cut(cells[head], width) for head, width in self.widths.items())
            table.add_row(*cut, style=style(row))
        return table


def layout(shape: Shape, rows: Sequence[Row], width: int) -> Layout:
    """The layout for all of these rows within `width`."""
    from rich.cells import cell_len

    columns = zip(shape.heads, *rows, strict=True)
    widths = {texts[0]: max(map(cell_len, texts)) for texts in columns}
    text = widths[shape.text]

    def room() -> int:
        return width - sum(widths.values()) + widths[shape.text] - GAP * (len(widths) - 1)

    for head in shape.least_needed:
        if room() >= min(text, WIDTH_OF_TEXT):
            break
        widths.pop(head, None)
    widths[shape.text] = max(1, min(text, room()))
    return Layout(shape, widths)


def _cut(text: str, width: int) -> Text:
    """The text, ending in … where it is longer than its column; numbers never are."""
    from rich.text import Text

    cell = Text(text, no_wrap=True)
    cell.truncate(width, overflow="ellipsis")
    return cell
