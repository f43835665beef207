"""The installed command, as a person or a scheduler finds it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("instantly-warehouse")
Program = Callable[..., subprocess.CompletedProcess[str]]
