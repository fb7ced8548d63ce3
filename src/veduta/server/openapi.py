"""Print the API's description: ``python -m veduta.server.openapi > web/openapi.json``."""

from __future__ import annotations

import json
from pathlib import Path

from veduta.server.app import create_app


def described() -> str:
    """Return the OpenAPI description as indented JSON, the same for the same code; opens no library."""
    return (
        json.dumps(create_app(Path("library"), background=False).openapi(), indent=1, sort_keys=True) + "\n"
    )


if __name__ == "__main__":
    print(described(), end="")
