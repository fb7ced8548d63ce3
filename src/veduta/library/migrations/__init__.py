"""Migrations of the catalog, run when an older one is opened."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from veduta.errors import CatalogError


def configuration() -> Config:
    """Alembic's configuration: the scripts beside this file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config


def known() -> list[str]:
    """All revisions, newest first."""
    return [script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions()]


def upgrade(engine: Engine, found: str | None, directory: Path) -> None:
    """Bring the tables from revision `found` to the newest; refuses tables newer than this program."""
    if found is not None and found not in known():
        raise CatalogError(
            f"{directory}: this library was written by a newer Veduta (revision {found}, "
            f"this program knows {known()[0]}): "
            "upgrade Veduta, or choose another library with --library"
        )
    config = configuration()
    with engine.execution_options(write=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
