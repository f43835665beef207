"""Python's garbage collector, set for a command that ends soon.

Left alone it goes over everything that is there whenever a quarter has been added, and once more
when Python ends. That is made for programs that live long. A command imports for most of its life,
and what was imported stays: a third of what the imports cost went into looking for garbage among
them, and half a second at the end into freeing what the system takes back anyway.

Nothing is lost by it: what nobody refers to goes at once, as ever, and files are closed where they
are used. Turning it off was refused: a load of a million leads would keep every circle it made.
"""

import atexit
import gc

YOUNG = 50_000
"""Objects that are made before the young ones are looked at; 700 by default."""


def collect_seldom() -> None:
    """Has the collector look at what is new, seldom, and at nothing when the process ends."""
    gc.set_threshold(YOUNG, 20, 100)
    atexit.register(gc.freeze)
