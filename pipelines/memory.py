"""Memory of a command that ends soon: Python's garbage collector and Arrow's allocator.

The collector, left alone, goes over everything that is there whenever a quarter has been added, and
once more when Python ends. That is made for programs that live long. A command imports for most of
its life, and what was imported stays: a third of what the imports cost went into looking for
garbage among them, and half a second at the end into freeing what the system takes back anyway.

Nothing is lost by looking seldom: what nobody refers to goes at once, as ever, and files are closed
where they are used. Turning it off was refused: a load of a million leads would keep every circle
it made.

Arrow takes mimalloc by default, which keeps for every thread what that thread once had, and twelve
read leads. jemalloc, which its packages for Linux bring as well, gives back: 480 MB instead of 550
for 100,000 leads, and no more CPU. It is asked for by a variable, because what Arrow does within
itself takes no notice of a pool that is set later.
"""

import atexit
import gc
import os
import sys

YOUNG = 50_000
"""Objects that are made before the young ones are looked at; 700 by default."""


def collect_seldom() -> None:
    """Has the collector look at what is new, seldom, and at nothing when the process ends."""
    gc.set_threshold(YOUNG, 20, 100)
    atexit.register(gc.freeze)


def give_back() -> None:
    """Has Arrow take its memory from jemalloc, unless somebody chose; before it is imported."""
    if sys.platform == "linux":
        os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "jemalloc")
