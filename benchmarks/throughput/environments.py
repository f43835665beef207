"""The competitors' environments: `.bench/<name>`, made on first use, pinned to the last package.

None of it comes into ours, and nothing but the package registry is asked. They are compiled when
they are made: without bytecode every run would compile what it imports, which cost PyAirbyte eight
seconds of CPU a run and would have been counted as its own.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = Path(__file__).with_name("competitors")
_UV = ROOT / ".uv" / "bin" / "uv"
_PLACE = ROOT / ".bench"
_READY = ".ready"


def python(name: str) -> Path:
    """The interpreter of a competitor's environment, which is made when it is not there."""
    folder, pins = _PLACE / name, SCRIPTS / f"{name}.txt"
    ready = folder / _READY
    if not ready.exists() or ready.read_text() != pins.read_text():
        interpreter = str(folder / "bin" / "python")
        _uv("venv", "--quiet", "--clear", "--python", sys.executable, str(folder))
        install = ("pip", "sync", "--quiet", "--compile-bytecode", "--python", interpreter)
        try:
            _uv(*install, str(pins))
        except subprocess.CalledProcessError:  # some networks replace the registry's certificate
            _uv(*install, "--system-certs", str(pins))
        ready.write_text(pins.read_text())
    return folder / "bin" / "python"


def compile_ours() -> None:
    """Bytecode of the packages and of the project itself, so that no run makes it."""
    folders = [str(ROOT / name) for name in ("benchmarks", "pipelines", "sources", "transforms")]
    site = Path(sys.executable).parent.parent / "lib"
    command = [sys.executable, "-m", "compileall", "-q", "-j", "2", *folders, str(site)]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(command, check=False, env=environment, stdout=subprocess.DEVNULL)


def versions() -> dict[str, str]:
    """What the competitors are, by package."""
    named = ("dlt", "duckdb", "singer-sdk", "target-duckdb", "airbyte", "pyarrow")
    lines = [
        (pins.stem, *line.split("=="))
        for pins in sorted(SCRIPTS.glob("*.txt"))
        for line in pins.read_text().splitlines()
        if line.split("==")[0] in named
    ]
    return {f"{name}: {package}": version for name, package, version in lines}


def _uv(*arguments: str) -> None:
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    subprocess.run([str(_UV), *arguments], check=True, env=environment, cwd=_PLACE.parent)
