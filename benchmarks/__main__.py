"""Run benchmarks by topic and merge their figures into ``results.json``."""

from __future__ import annotations

import datetime
import json
import os
import platform
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import jsonschema

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
SCHEMA = HERE / "results.schema.json"
INFRASTRUCTURE = {"__init__", "__main__", "figure", "readme", "reliability"}


def topics() -> list[str]:
    """All topics: the modules of this folder that have a `measure`."""
    return sorted(
        p.stem for p in HERE.glob("*.py") if p.stem not in INFRASTRUCTURE and "def measure(" in p.read_text()
    )


def processor() -> str:
    """The processor's name."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def stamp() -> dict[str, Any]:
    """Machine, date and commit of a run."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, cwd=HERE, check=False
    ).stdout.strip()
    return {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "commit": commit,
        "machine": f"{processor()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
    }


def main(asked: list[str]) -> int:
    """Run the topics asked for (all when none is named); returns 1 if a topic failed."""
    known = topics()
    unknown = [name for name in asked if name not in known]
    if unknown:
        print(f"unknown topics: {', '.join(unknown)}; known: {', '.join(known)}", file=sys.stderr)
        return 2
    failed = 0
    for topic in asked or known:
        print(f"== {topic}", flush=True)
        try:
            figures = import_module(f"benchmarks.{topic}").measure()
        except Exception as error:  # one broken topic must not lose the others' hours
            print(f"   failed: {type(error).__name__}: {error}", file=sys.stderr)
            failed = 1
            continue
        for figure in figures:
            mark = {None: " ", True: "+", False: "-"}[figure.met]
            print(f" {mark} {figure.name}: {figure.value:.4g} {figure.unit}  {figure.note}", flush=True)
        results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        results[topic] = {
            **stamp(),
            "command": f"python -m benchmarks {topic}",
            "figures": [f.as_json() for f in figures],
        }
        jsonschema.validate(results, json.loads(SCHEMA.read_text()))
        RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    return failed


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
