"""Operations: what an edit is, how its parameters are declared and checked, and the registry of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib import import_module
from typing import Any, ClassVar, Self

import numpy as np

from veduta.errors import BadInput
from veduta.image.samples import Samples
from veduta.progress import Progress

MOST_PIXELS = 400_000_000


class BadEdit(BadInput):
    """An edit that does not exist, or whose parameters make no sense."""


@dataclass(frozen=True)
class Operation:
    """A change of a picture by typed parameters: pixels in, pixels out, nothing else touched.

    Parameters that tell where are relative to the picture that comes in (0 to 1), those that tell how far are
    in pixels of the full-size photo, so that an operation means the same on a smaller copy.
    """

    name: ClassVar[str]
    tells: ClassVar[bool] = False
    """Whether it tells progress by itself."""
    deep: ClassVar[bool] = False
    """Whether it works in 16 bits where a picture has them; all others work in 8."""
    moves: ClassVar[bool] = False
    """Whether it moves pixels, with their transparency, and changes no color."""
    usual: ClassVar[Mapping[str, Any]] = {}
    """Parameters of who asks for it without naming any."""

    def __post_init__(self) -> None:
        """Check every parameter against its declaration; raises BadEdit."""
        for one in fields(self):
            kind, options = one.metadata["kind"], one.metadata
            where = f"{self.name}: {one.name}"
            object.__setattr__(self, one.name, CHECKS[kind](getattr(self, one.name), where, options))

    @property
    def neutral(self) -> bool:
        """Whether the picture stays as it is, bit for bit."""
        raise NotImplementedError

    def size_after(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of what comes out of a picture of `width` x `height`."""
        return width, height

    def apply(self, pixels: Samples, scale: float = 1.0, progress: Progress | None = None) -> Samples:
        """The changed picture, uint8 or uint16 (h, w, 3), or (h, w, 4) with transparency; the same array when neutral.

        `scale`: size of `pixels` relative to the full-size photo.
        """
        if self.neutral:
            return pixels
        if pixels.dtype == np.uint8 and pixels.shape[2] == 3:
            return self.change(pixels, scale, progress)
        from veduta.edit.depth import changed

        return changed(self, pixels, scale, progress)

    def change(self, pixels: Samples, scale: float, progress: Progress | None) -> Samples:
        """What `apply` does when the operation is not neutral: to colors (h, w, 3), of 8 bits unless it is `deep`;
        what `moves` gets all channels, the last of 2 or 4 being transparency.
        """
        raise NotImplementedError

    def as_json(self) -> dict[str, Any]:
        """The stable JSON form: the name and every parameter."""
        return {"name": self.name, **{one.name: _plain(getattr(self, one.name)) for one in fields(self)}}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Self:
        """The operation of named parameters; those left out are neutral. Raises BadEdit."""
        known = {one.name: one for one in fields(cls)}
        unknown = sorted(set(given) - known.keys())
        if unknown:
            raise BadEdit(f"{cls.name}: unknown parameter {unknown[0]!r}; known: {', '.join(known)}")
        missing = [name for name, one in known.items() if one.metadata["needed"] and name not in given]
        if missing:
            raise BadEdit(f"{cls.name}: needs {missing[0]!r}")
        return cls(**given)


def number(neutral: float, low: float, high: float) -> Any:
    """A real parameter in [low, high]."""
    return field(default=neutral, metadata=_declared("number", neutral, low=low, high=high))


def integer(neutral: int, low: int, high: int) -> Any:
    """A whole parameter in [low, high]."""
    return field(default=neutral, metadata=_declared("integer", neutral, low=low, high=high))


def flag(neutral: bool) -> Any:
    """A parameter that is true or false."""
    return field(default=neutral, metadata=_declared("flag", neutral))


def choice(neutral: str, *choices: str) -> Any:
    """A parameter that is one of some words; without words, any short one (checked where it is used)."""
    return field(default=neutral, metadata=_declared("choice", neutral, choices=choices or None))


def quadrilateral() -> Any:
    """Four corners (x, y), relative, from the top left clockwise; neutral: those of the picture."""
    corners = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    return field(default=corners, metadata=_declared("corners", corners))


def run_lengths() -> Any:
    """A mask as COCO run-length encoding, of any size with the shape of the picture."""
    return field(default_factory=dict, metadata=_declared("mask", None, needed=True))


def _declared(kind: str, neutral: Any, needed: bool = False, **options: Any) -> dict[str, Any]:
    return {"kind": kind, "neutral": neutral, "needed": needed, **options}


def _number(value: Any, where: str, options: Mapping[str, Any]) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadEdit(f"{where} must be a number, not {value!r:.40}")
    return _within(float(value), where, options)


def _integer(value: Any, where: str, options: Mapping[str, Any]) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise BadEdit(f"{where} must be a whole number, not {value!r:.40}")
    return int(_within(int(value), where, options))


def _within(value: float, where: str, options: Mapping[str, Any]) -> float:
    low, high = options["low"], options["high"]
    if not low <= value <= high:
        raise BadEdit(f"{where} must be {low} to {high}, not {value:g}")
    return value


def _flag(value: Any, where: str, options: Mapping[str, Any]) -> bool:
    if not isinstance(value, bool):
        raise BadEdit(f"{where} must be true or false, not {value!r:.40}")
    return value


def _choice(value: Any, where: str, options: Mapping[str, Any]) -> str:
    known = options["choices"]
    if not isinstance(value, str) or len(value) > 40 or (known is not None and value not in known):
        wanted = f"one of {', '.join(known)}" if known else "a short word"
        raise BadEdit(f"{where} must be {wanted}, not {value!r:.40}")
    return value


def _corners(value: Any, where: str, options: Mapping[str, Any]) -> tuple[tuple[float, float], ...]:
    if not isinstance(value, list | tuple) or len(value) != 4:
        raise BadEdit(f"{where} must be four points")
    if any(not isinstance(point, list | tuple) or len(point) != 2 for point in value):
        raise BadEdit(f"{where} must be points [x, y]")
    unit = {"low": 0, "high": 1}
    return tuple((_number(x, where, unit), _number(y, where, unit)) for x, y in value)


def _mask(value: Any, where: str, options: Mapping[str, Any]) -> dict[str, Any]:
    from veduta.see.mask import BadMask, decode, encode

    if not isinstance(value, Mapping):
        raise BadEdit(f"{where} must be a run-length encoding, not {type(value).__name__}")
    try:
        height, width = (int(side) for side in value["size"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise BadEdit(f"{where} needs a size [height, width]") from error
    if min(height, width) < 1 or height * width > MOST_PIXELS:
        raise BadEdit(f"{where} of {width} x {height} pixels; 1 to {MOST_PIXELS:,} are possible")
    try:
        mask = decode(value)
    except BadMask as error:
        raise BadEdit(f"{where}: {error}") from error
    return dict(value) if isinstance(value.get("counts"), str) else encode(mask)


CHECKS: dict[str, Any] = {
    "number": _number,
    "integer": _integer,
    "flag": _flag,
    "choice": _choice,
    "corners": _corners,
    "mask": _mask,
}


def _plain(value: Any) -> Any:
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


# name -> module and class; imported when asked for.
REGISTRY: dict[str, tuple[str, str]] = {
    "crop": ("crop", "Crop"),
    "rotate": ("rotate", "Rotate"),
    "straighten": ("straighten", "Straighten"),
    "perspective": ("perspective", "Perspective"),
    "light": ("light", "Light"),
    "white_balance": ("white_balance", "WhiteBalance"),
    "sharpen": ("sharpen", "Sharpen"),
    "vignette": ("vignette", "Vignette"),
    "style": ("style", "Style"),
    "auto_levels": ("auto_levels", "AutoLevels"),
    "auto_white_balance": ("auto_white_balance", "AutoWhiteBalance"),
    "denoise": ("denoise", "Denoise"),
    "deblur": ("deblur", "Deblur"),
    "low_light": ("low_light", "LowLight"),
    "local_contrast": ("local_contrast", "LocalContrast"),
    "edge_sharpen": ("edge_sharpen", "EdgeSharpen"),
    "sketch": ("sketch", "Sketch"),
    "dehaze": ("dehaze", "Dehaze"),
    "erase": ("removal", "Removal"),
    "redact": ("hiding", "Hiding"),
}


def operation(name: str) -> type[Operation]:
    """The class of the operation called `name`; raises BadEdit with the known names."""
    if not isinstance(name, str) or name not in REGISTRY:
        raise BadEdit(f"no edit is called {name!r:.40}; known: {', '.join(REGISTRY)}")
    module, attribute = REGISTRY[name]
    found: type[Operation] = getattr(import_module(f"veduta.edit.{module}"), attribute)
    return found
