"""The API's description is complete and in step with the code."""

from __future__ import annotations

import json
from pathlib import Path

from veduta.server.openapi import described

KEPT = Path(__file__).parents[2] / "web" / "openapi.json"


def test_kept_description_is_in_step() -> None:
    assert KEPT.read_text() == described(), "run `python -m veduta.server.openapi > web/openapi.json`"


def test_every_answer_is_typed_and_told() -> None:
    schema = json.loads(described())
    names = set()
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            names.add(operation["operationId"])
            assert operation["description"], where
            [good] = [code for code in operation["responses"] if code in ("200", "201")]
            content = operation["responses"][good]["content"]
            if "application/json" in content:
                assert content["application/json"]["schema"] != {}, where
            assert {"401", "403", "404", "422"} <= set(operation["responses"]), where
    assert len(names) == sum(len(m) for m in schema["paths"].values())
