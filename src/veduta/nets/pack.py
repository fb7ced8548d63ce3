"""Where the weights of a network come from and how pictures must be fed to it: frozen facts, no code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from veduta.errors import BadInput

TASKS = (
    "image-classifier",
    "image-embedder",
    "text-embedder",
    "detector",
    "face-detector",
    "face-embedder",
    "face-aligner",
    "text-detector",
    "text-recognizer",
    "text-direction",
    "fill",
    "segmenter",
    "depth",
    "style",
    "other",
)


class BadPack(BadInput):
    """A model pack whose record is incomplete or contradicts itself."""


@dataclass(frozen=True, slots=True)
class ModelPack:
    """The frozen record of one network.

    The weight file `member` (SHA-256 `member_sha256`) lies in the file `archive` (SHA-256 `archive_sha256`)
    that `package`==`package_version` has on the Python package index; a pack of the user's own has no package,
    only a file or `url`. `converter` names the function of `veduta.nets.convert` that makes of it what the
    engine reads.
    `shape` is the input with -1 where it may vary; `mean` and `std` are in units of 0..255, so that
    (pixel - mean) / std is what the network expects, with channels in the order `channels`. Packs of one `family`
    share a space of vectors (an image and a text embedder). `companions` are files beside the network.
    """

    name: str
    version: str
    task: str
    license: str
    copyright: str
    source: str
    member: str
    member_sha256: str
    member_bytes: int
    package: str | None = None
    package_version: str | None = None
    archive: str | None = None
    archive_sha256: str | None = None
    archive_bytes: int = 0
    url: str | None = None
    converter: str = "copy"
    shape: tuple[int, ...] = (-1, 3, -1, -1)
    size: tuple[int, int] | None = None
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    channels: str = "RGB"
    thresholds: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    notes: str = ""
    family: str = ""
    companions: tuple[str, ...] = ()
    default: bool = True

    def __post_init__(self) -> None:
        """Refuse a record that could not be verified later."""
        if self.task not in TASKS:
            raise BadPack(f"model pack {self.name}: unknown task {self.task!r}; known: {', '.join(TASKS)}")
        wanted = {"member_sha256": self.member_sha256}
        if self.package is not None:
            wanted["archive_sha256"] = self.archive_sha256 or ""
        for what, value in wanted.items():
            if len(value) != 64 or set(value) - set("0123456789abcdef"):
                raise BadPack(
                    f"model pack {self.name}: {what} is not a SHA-256 (64 hexadecimal digits): {value!r}"
                )
        for what, text in (("name", self.name), ("version", self.version)):
            if not text or not all(c.isalnum() or c in "-_.+" for c in text) or text.startswith("."):
                raise BadPack(f"model pack {what} {text!r}: use letters, digits, '-', '_', '+' and '.' only")

    @property
    def folder(self) -> str:
        """Name of the pack's folder in a store."""
        return f"{self.name}-{self.version}"

    def companion(self, *parts: str) -> str:
        """The name of the first companion file whose name contains one of `parts`; raises BadPack."""
        for part in parts:
            for name in self.companions:
                if part in name.lower():
                    return name
        raise BadPack(f"{self.name} has no {parts[0]} file: add it again with --companion FILE=SHA-256")

    def as_json(self) -> dict[str, Any]:
        """All fields, fit for JSON."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        plain["thresholds"] = dict(self.thresholds)
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> ModelPack:
        """The inverse of `as_json`; fields of later versions are ignored."""
        known = {f.name for f in fields(cls)}
        values: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in plain.items() if k in known
        }
        try:
            return cls(**values)
        except TypeError as error:
            raise BadPack(f"model pack record is incomplete: {error}") from error
