"""An ordered list of edits: its JSON form, and how it is applied at full size or on a smaller copy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from veduta.edit.operation import BadEdit, Operation, operation
from veduta.image.samples import Samples
from veduta.progress import Progress

VERSION = 1
MOST = 200
LONGEST_LABEL = 200


class Kept(Protocol):
    """Remembers pictures between edits, so that what did not change is not made again."""

    def get(self, key: str) -> Samples | None:
        """The picture kept under `key`, if it still is."""

    def put(self, key: str, pixels: Samples) -> None:
        """Keep a picture."""


@dataclass(frozen=True)
class Step:
    """A place in a list: an operation, whether it takes effect, and what the user calls it."""

    operation: Operation
    on: bool = True
    label: str = ""

    def as_json(self) -> dict[str, Any]:
        """The stable JSON form; what is on and has no label looks like the operation alone."""
        plain = self.operation.as_json()
        return {
            **plain,
            **({} if self.on else {"on": False}),
            **({"label": self.label} if self.label else {}),
        }


@dataclass(frozen=True)
class Edits:
    """Edits in the order in which they are applied; those that are off are kept, and change nothing."""

    steps: tuple[Step, ...] = ()

    @classmethod
    def from_json(cls, plain: Any) -> Edits:
        """The edits of a list of `{"name": ..., parameters}`, or of `{"version": 1, "edits": list}`.

        Raises BadEdit, naming the place in the list.
        """
        if isinstance(plain, Mapping):
            if plain.get("version") != VERSION:
                raise BadEdit(f"edits of version {plain.get('version')!r:.40}; this program knows {VERSION}")
            plain = plain.get("edits")
        if not isinstance(plain, Sequence) or isinstance(plain, str | bytes):
            raise BadEdit('edits must be a list of objects such as {"name": "light", "exposure": 0.5}')
        if len(plain) > MOST:
            raise BadEdit(f"{len(plain)} edits; at most {MOST} are possible")
        return cls(tuple(_one(number, one) for number, one in enumerate(plain, 1)))

    def as_json(self) -> dict[str, Any]:
        """The stable JSON form."""
        return {"version": VERSION, "edits": [one.as_json() for one in self.steps]}

    @property
    def operations(self) -> tuple[Operation, ...]:
        """What takes effect."""
        return tuple(one.operation for one in self.steps if one.on)

    @property
    def neutral(self) -> bool:
        """Whether the picture stays as it is."""
        return all(one.neutral for one in self.operations)

    @property
    def geometry(self) -> bool:
        """Whether something moves in the picture."""
        return any(one.moves and not one.neutral for one in self.operations)

    def size_after(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of what comes out of a picture of `width` x `height`."""
        for one in self.operations:
            width, height = one.size_after(width, height)
        return width, height

    def digest(self) -> str:
        """A short name for what these edits do."""
        return [*self._digests()][-1]

    def apply(
        self,
        pixels: Samples,
        scale: float = 1.0,
        progress: Progress | None = None,
        kept: Kept | None = None,
    ) -> Samples:
        """The edited picture, of the depth and with the transparency of `pixels`; these themselves when all is neutral.

        `scale`: size of `pixels` relative to the full-size photo. `kept` saves pictures between the edits: of
        the same `pixels` only. Progress is told of each edit.
        """
        digests, operations = [*self._digests()], self.operations
        start = 0
        if kept is not None:
            for done in range(len(operations), 0, -1):
                found = kept.get(digests[done])
                if found is not None:
                    pixels, start = found, done
                    break
        for number in range(start, len(operations)):
            one = operations[number]
            if progress is not None and not one.tells:
                progress.begin(one.name.replace("_", " "), 1)
            pixels = one.apply(pixels, scale, progress)
            if kept is not None and not one.neutral:
                kept.put(digests[number + 1], pixels)
            if progress is not None and not one.tells:
                progress.end()
        return pixels

    def _digests(self) -> Iterator[str]:
        """A name for each beginning of the list, from none of the edits to all; neutral ones change nothing."""
        digest = hashlib.blake2b(digest_size=16)
        yield digest.hexdigest()
        for one in self.operations:
            if not one.neutral:
                digest.update(json.dumps(one.as_json(), sort_keys=True).encode())
            yield digest.hexdigest()


def _one(number: int, plain: Any) -> Step:
    try:
        if not isinstance(plain, Mapping):
            raise BadEdit(f"must be an object with a name, not {type(plain).__name__}")
        parameters = {str(key): value for key, value in plain.items()}
        kind = operation(parameters.pop("name", ""))
        on, label = parameters.pop("on", True), parameters.pop("label", "")
        if not isinstance(on, bool):
            raise BadEdit(f"{kind.name}: on must be true or false, not {on!r:.40}")
        if not isinstance(label, str) or len(label) > LONGEST_LABEL:
            raise BadEdit(f"{kind.name}: label must be a text of at most {LONGEST_LABEL} letters")
        return Step(kind.from_json(parameters), on, label)
    except BadEdit as error:
        raise BadEdit(f"edit {number}: {error}") from error
