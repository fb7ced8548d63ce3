"""How many threads the products of matrices get, in the command that is really run."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

ASKED = """
import sys
sys.argv = ["veduta", *sys.argv[1:], "--help"]
from veduta.cli.app import main
assert "numpy" not in sys.modules
try:
    main()
except SystemExit:
    pass
import numpy
from threadpoolctl import threadpool_info
print({one["num_threads"] for one in threadpool_info() if one["internal_api"] == "openblas"})
"""


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one processor: there is nothing to divide")
@pytest.mark.parametrize(
    ("command", "given", "wanted"),
    [
        ("up", None, {1}),
        ("erase", None, {1}),
        ("erase", "2", {2}),  # what a person has set stays
        ("learn", "2", {2}),
        ("learn", None, {min(os.cpu_count() or 1, 64)}),
    ],
)
def test_photos_are_worked_on_side_by_side_and_training_alone(
    command: str, given: str | None, wanted: set[int]
) -> None:
    surroundings = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    if given:
        surroundings["OPENBLAS_NUM_THREADS"] = given
    told = subprocess.run(
        [sys.executable, "-c", ASKED, command], env=surroundings, capture_output=True, text=True, check=True
    ).stdout
    assert told.splitlines()[-1] == str(wanted)
