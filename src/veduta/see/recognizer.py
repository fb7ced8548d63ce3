"""The one shape of every recognizer, built-in or the user's own, and the registry in which they are found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from typing import Protocol, runtime_checkable

from veduta.errors import NotFound
from veduta.image.photo import Photo
from veduta.see.finding import Finding


@runtime_checkable
class Recognizer(Protocol):
    """Pixels to findings, in batches."""

    @property
    def name(self) -> str:
        """Short name, unique in the registry."""

    @property
    def version(self) -> str:
        """Changes whenever the findings would."""

    def see(self, photos: Sequence[Photo]) -> list[list[Finding]]:
        """One list of findings for each photo, in order."""


Factory = Callable[[], Recognizer]


def _builtin(module: str, cls: str, room: str = "see") -> Factory:
    def make() -> Recognizer:
        from importlib import import_module

        made: Recognizer = getattr(import_module(f"veduta.{room}.{module}"), cls)()
        return made

    return make


# Imported only when asked for: a recognizer pulls its networks in.
REGISTRY: dict[str, Factory] = {
    "quality": _builtin("quality", "QualityRecognizer"),
    "labels": _builtin("labels", "LabelRecognizer"),
    "scenes": _builtin("scenes", "SceneRecognizer"),
    "likeness": _builtin("likeness", "LikenessRecognizer"),
    "objects": _builtin("objects", "ObjectRecognizer"),
    "faces": _builtin("faces", "FaceRecognizer"),
    "text": _builtin("text", "TextRecognizer"),
    "plates": _builtin("plates", "PlateRecognizer"),
    "cranes": _builtin("cranes", "CraneRecognizer"),
    "landmarks": _builtin("recognizer", "LandmarkRecognizer", "landmarks"),
}

# Slow, and seldom wanted of every photo: a library shows its photos to them only where its user says so.
ON_REQUEST = frozenset({"plates", "cranes"})


def names() -> list[str]:
    """Names of all recognizers: the built-in ones, those of installed packages, those of the user's own networks."""
    from veduta.see.own import own_recognizers

    installed = [e.name for e in entry_points(group="veduta.recognizers") if e.name not in REGISTRY]
    return [*REGISTRY, *installed, *(own.name for own in own_recognizers())]


def open_recognizer(name: str) -> Recognizer:
    """Open the recognizer called `name`; raises NotFound with the known names."""
    if name in REGISTRY:
        return REGISTRY[name]()
    for entry in entry_points(group="veduta.recognizers"):
        if entry.name == name:
            made: Recognizer = entry.load()()
            return made
    from veduta.see.own import own_recognizers

    for own in own_recognizers():
        if own.name == name:
            return own.open()
    raise NotFound(f"no recognizer is called {name!r}; known: {', '.join(names())}")
