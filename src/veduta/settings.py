"""Settings: defaults, overridden by environment variables that begin with ``VEDUTA_``."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import platformdirs
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def _data_directory() -> Path:
    return Path(platformdirs.user_data_dir("veduta"))


class Settings(BaseSettings):
    """Everything that can be set from outside; `library` and `models` are directories."""

    model_config = SettingsConfigDict(env_prefix="VEDUTA_", extra="ignore")

    home: Path = Field(default_factory=_data_directory, description="where libraries and models live")
    models: Path | None = Field(default=None, description="the model store, if it is not home/models")
    library: Path | None = Field(default=None, description="the library, if it is not home/library")
    database: str | None = Field(
        default=None, description="database URL of the catalog; none: SQLite inside the library"
    )
    threads: int = Field(default=0, ge=0, description="processor threads for networks; 0: all cores")
    analysis_side: int = Field(
        default=2048, ge=640, description="longer side, in pixels, at which photos are analyzed"
    )
    max_pixels: int = Field(
        default=400_000_000, description="pictures with more pixels than this are refused"
    )
    max_file_bytes: int = Field(default=2_000_000_000, description="files larger than this are refused")

    @property
    def models_directory(self) -> Path:
        """The folder of the model store."""
        return self.models or self.home / "models"

    @property
    def library_directory(self) -> Path:
        """The folder of the default library."""
        return self.library or self.home / "library"


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
