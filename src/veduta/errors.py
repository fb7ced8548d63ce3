"""Named errors: each says which file, what is wrong and what to do."""

from __future__ import annotations

from pathlib import Path


class VedutaError(Exception):
    """Base of every error that Veduta raises on purpose; its text is fit to show to a user."""


class BadInput(VedutaError):
    """What was asked for cannot be done as it was asked: an argument, or a file that was named, is no good.

    A command then ends with status 2.
    """


class BadFolder(BadInput):
    """A folder of Veduta's own making that is not, or no longer, what it should be, such as a bank or an atlas."""


class UnreadableImage(BadInput):
    """A file that cannot be opened as a picture."""

    def __init__(self, path: Path | str, reason: str) -> None:
        self.path = Path(path)
        self.reason = reason
        # Names come in any encoding; a message must be printable in every one.
        name = self.path.name.encode("utf-8", "replace").decode("utf-8")
        super().__init__(f"{name}: {reason}")


class ModelUnavailable(VedutaError):
    """A network whose weights are not in the model store."""


class WrongHash(VedutaError):
    """A file whose SHA-256 is not the one on record."""


class CatalogError(VedutaError):
    """The catalog cannot be opened, read or written."""


class QueryError(BadInput):
    """A search that cannot be understood."""


class NotFound(BadInput):
    """Something that was asked for by name or number does not exist."""
