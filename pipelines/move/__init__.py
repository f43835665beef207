"""Moving house: a warehouse goes elsewhere with its whole history, and is proved to be equal there.

    the file ─ lock ─┐                                        ┌─ all equal ─> shown, all at once
                     ├─ every table of instantly_raw ─> proof ┤
    database ─ lock ─┘   (cargo, shipping)                    └─ anything else ─> nothing is shown

What the API no longer tells (closed versions, every observation of a report, people who are to be
kept out) stands in the raw tables alone, so all of them travel, the loader's own too: with those
the next run restores what it knows and goes on, and asks for no more than it would have asked at
home. Marts and verdicts stay behind: `transform` builds them anew and asks the API nothing.

The rows go through dlt, into a schema that no reader looks at, and are compared there, each column
of each row (`proof`). A kill leaves that schema behind; whoever holds the lock next removes it. The
warehouse that is left is only read, and stays where it is.

Refused: to move into a place that already holds a warehouse. Two histories cannot be one, and to
decide which of them goes is not for a program.
"""

from pipelines.move.closing import as_members, print_moving
from pipelines.move.moving import Moving, move

__all__ = ["Moving", "as_members", "move", "print_moving"]
