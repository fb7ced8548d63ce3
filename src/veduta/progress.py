"""How long stages tell what they are doing."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """A listener to a stage: told when it begins, moves and ends."""

    def begin(self, what: str, total: int | None = None) -> None:
        """Start a stage called `what` of `total` steps (None: not known)."""

    def advance(self, steps: int = 1) -> None:
        """Move on by `steps`."""

    def end(self) -> None:
        """Finish the stage."""


class Silent:
    """A progress that shows nothing."""

    def begin(self, what: str, total: int | None = None) -> None:
        """Ignore the start."""

    def advance(self, steps: int = 1) -> None:
        """Ignore the steps."""

    def end(self) -> None:
        """Ignore the end."""
