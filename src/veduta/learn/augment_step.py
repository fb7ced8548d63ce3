"""Steps of an augmentation: what a step is, how its parameters are declared and checked, and the registry of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Self

from veduta.errors import BadInput
from veduta.learn.augment_luck import Luck

if TYPE_CHECKING:
    from veduta.learn.augment_targets import Example

Span = tuple[float, float]
Size = tuple[int, int]  # width, height


class BadRecipe(BadInput):
    """A recipe of augmentation that cannot be followed, or does not fit what it is to be used on."""


class Change:
    """A step whose dice have fallen: does the same whenever it is applied."""

    def apply(self, example: Example) -> Example:
        """The changed example; the one that came in stays as it is."""
        raise NotImplementedError

    def size_after(self, size: Size) -> Size:
        """Width and height of what comes out."""
        return size

    def joined(self, later: Change) -> Change | None:
        """This change and a later one as a single one, where that can be."""
        return None


@dataclass(frozen=True)
class Step:
    """A kind of change with ranges from which each picture's values are drawn.

    `chance`: how often it is done, 1 always, 0.5 every other time.
    """

    name: ClassVar[str]
    mixes: ClassVar[bool] = False
    """Whether it needs a second picture."""
    chance: float = field(default=1.0, metadata={"kind": "number", "low": 0.0, "high": 1.0})

    def __post_init__(self) -> None:
        """Check every parameter against its declaration; raises BadRecipe."""
        for one in fields(self):
            check = _CHECKS[one.metadata["kind"]]
            where = f"{self.name}: {one.name}"
            object.__setattr__(self, one.name, check(getattr(self, one.name), where, one.metadata))

    def draw(self, luck: Luck, size: Size) -> Change | None:
        """The change with values drawn for a picture of this size; None: nothing to do."""
        raise NotImplementedError

    def plain(self) -> dict[str, Any]:
        """The name and every parameter, as a recipe file holds them."""
        told: dict[str, Any] = {"do": self.name}
        for one in fields(self):
            value = getattr(self, one.name)
            told[one.name] = list(value) if isinstance(value, tuple) else value
        return told

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """The step of named parameters; those left out have their usual values. Raises BadRecipe."""
        known = [one.name for one in fields(cls)]
        unknown = sorted(set(given) - set(known))
        if unknown:
            raise BadRecipe(f"{cls.name}: unknown parameter {unknown[0]!r:.60}; known: {', '.join(known)}")
        return cls(**given)


def span(low: float, high: float, least: float, most: float, whole: bool = False, log: bool = False) -> Any:
    """A range [low, high] within [least, most] to draw from evenly; one number is always that number."""
    options = {"kind": "span", "low": least, "high": most, "whole": whole, "log": log}
    return field(default=(low, high), metadata=options)


def number(usual: float, low: float, high: float) -> Any:
    """A real parameter in [low, high]."""
    return field(default=usual, metadata={"kind": "number", "low": low, "high": high})


def integer(usual: int, low: int, high: int) -> Any:
    """A whole parameter in [low, high]."""
    return field(default=usual, metadata={"kind": "integer", "low": low, "high": high})


def choice(usual: str, *choices: str) -> Any:
    """A parameter that is one of some words."""
    return field(default=usual, metadata={"kind": "choice", "choices": choices})


def flag(usual: bool) -> Any:
    """A parameter that is true or false."""
    return field(default=usual, metadata={"kind": "flag"})


def drawn(luck: Luck, within: Span) -> float:
    """A value of a range, each as likely."""
    low, high = within
    return low if low == high else low + (high - low) * luck.random()


def drawn_ratio(luck: Luck, within: Span) -> float:
    """A value of a range of factors: to double is as likely as to halve."""
    low, high = within
    return low if low == high else low * (high / low) ** luck.random()


def drawn_whole(luck: Luck, within: Span) -> int:
    """A whole number of a range, both ends included."""
    return luck.randint(int(within[0]), int(within[1]))


def _real(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadRecipe(f"{where} must be a number, not {value!r:.40}")
    return float(value)


def _number(value: Any, where: str, options: Mapping[str, Any]) -> float:
    found = _real(value, where)
    if not options["low"] <= found <= options["high"]:
        raise BadRecipe(f"{where} must be {options['low']:g} to {options['high']:g}, not {found:g}")
    return found


def _integer(value: Any, where: str, options: Mapping[str, Any]) -> int:
    found = _number(value, where, options)
    if found != int(found):
        raise BadRecipe(f"{where} must be a whole number, not {found:g}")
    return int(found)


def _span(value: Any, where: str, options: Mapping[str, Any]) -> Span:
    ends = value if isinstance(value, list | tuple) else (value, value)
    if len(ends) != 2:
        raise BadRecipe(f"{where} must be a number or [low, high], not {value!r:.60}")
    low, high = (_number(one, where, options) for one in ends)
    if low > high:
        raise BadRecipe(f"{where} goes from {low:g} down to {high:g}: give the smaller one first")
    if options["whole"] and (low != int(low) or high != int(high)):
        raise BadRecipe(f"{where} must be whole numbers, not {value!r:.60}")
    return low, high


def _choice(value: Any, where: str, options: Mapping[str, Any]) -> str:
    if value not in options["choices"]:
        raise BadRecipe(f"{where} must be one of {', '.join(options['choices'])}, not {value!r:.40}")
    return str(value)


def _flag(value: Any, where: str, options: Mapping[str, Any]) -> bool:
    if not isinstance(value, bool):
        raise BadRecipe(f"{where} must be true or false, not {value!r:.40}")
    return value


_CHECKS: dict[str, Any] = {
    "number": _number,
    "integer": _integer,
    "span": _span,
    "choice": _choice,
    "flag": _flag,
}

# name -> (module, class); opened when asked for.
REGISTRY: dict[str, tuple[str, str]] = {
    name: (f"veduta.learn.{module}", attribute)
    for module, steps in {
        "augment_geometry": {
            "rotate": "Rotate",
            "turn": "Turn",
            "shift": "Shift",
            "zoom": "Zoom",
            "shear": "Shear",
            "flip": "Flip",
            "crop": "Crop",
            "resize": "Resize",
            "perspective": "Perspective",
            "elastic": "Elastic",
        },
        "augment_color": {
            "brightness": "Brightness",
            "contrast": "Contrast",
            "saturation": "Saturation",
            "hue": "Hue",
            "channel_shift": "ChannelShift",
            "channel_isolate": "ChannelIsolate",
            "channel_shuffle": "ChannelShuffle",
            "gray": "Gray",
            "invert": "Invert",
            "gamma": "Gamma",
            "posterize": "Posterize",
            "solarize": "Solarize",
        },
        "augment_noise": {"noise": "Noise", "salt_pepper": "SaltPepper"},
        "augment_blur": {"blur": "Blur", "motion_blur": "MotionBlur", "jpeg": "Jpeg"},
        "augment_cutout": {"cutout": "Cutout"},
        "augment_mix": {"mixup": "Mixup", "cutmix": "Cutmix"},
    }.items()
    for name, attribute in steps.items()
}


def step(name: str) -> type[Step]:
    """The step called `name`; raises BadRecipe."""
    if name not in REGISTRY:
        raise BadRecipe(f"there is no step {name!r:.40}; there are {', '.join(REGISTRY)}")
    module, attribute = REGISTRY[name]
    found: type[Step] = getattr(import_module(module), attribute)
    return found
