"""Settings of a library, recognizers and networks."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from veduta.server.models.base import Answer, Request, Text
from veduta.server.models.folder import Pattern


class SettingsOut(Answer):
    """Settings of this library, and facts of this machine that only the environment can change."""

    recognizers: list[str] = Field(description="those that look at new photos")
    watch: bool = Field(description="folders are watched for new photos")
    excludes: list[Text] = Field(description="patterns of files and folders that are passed over everywhere")
    library: Text
    models: Text
    version: str
    threads: int = Field(description="processor threads for networks; 0: all cores")
    analysis_side: int
    max_pixels: int
    max_file_bytes: int
    password: bool = Field(description="an access password is set")
    local: bool = Field(description="only this machine can reach the library")


class SettingsPatch(Request):
    """Settings to change; those left out stay as they are."""

    recognizers: Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=100)] | None = None
    watch: bool | None = None
    excludes: Annotated[list[Pattern], Field(max_length=100)] | None = None


class RecognizerOut(Answer):
    """A recognizer and how far it is with the library."""

    name: str
    enabled: bool
    ready: bool = Field(description="its networks are in the model store")
    missing: Text | None = Field(description="what it lacks and how to get it")
    done: int
    failed: int
    pending: int


class ModelOut(Answer):
    """A network of the model store."""

    name: str
    version: str | None
    source: Text | None
    license: Text | None
    bytes: int | None
    sha256: str | None
    ready: bool
    default: bool
    note: Text | None
