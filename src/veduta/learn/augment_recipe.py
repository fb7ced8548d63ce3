"""Recipes of augmentation: a readable list of steps, drawn anew for each picture from a seed of its own."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from veduta.learn.augment_luck import Luck
from veduta.learn.augment_mix import Mixture
from veduta.learn.augment_step import BadRecipe, Change, Step, step
from veduta.learn.augment_targets import Example

Partner = Callable[[int], Example | None]
MOST_STEPS = 100

# What is done where no recipe is named: what most photographs stand without becoming another thing.
USUAL = """\
# A recipe of augmentation. A range is [low, high]; one number is always that number; chance: how often.
seed = 1
keep_visible = 0.2

[[step]]
do = "flip"
chance = 0.5

[[step]]
do = "rotate"
degrees = [-15, 15]

[[step]]
do = "shift"
x = [-0.1, 0.1]
y = [-0.1, 0.1]

[[step]]
do = "zoom"
factor = [0.85, 1.3]

[[step]]
do = "brightness"
factor = [0.7, 1.2]

[[step]]
do = "contrast"
factor = [0.8, 1.25]

[[step]]
do = "saturation"
factor = [0.7, 1.3]

[[step]]
do = "noise"
chance = 0.3
sigma = [2, 8]
"""

MOVES = ("rotate", "shift", "zoom")  # the steps of USUAL that bring what lies outside the frame into it


@dataclass(frozen=True)
class Recipe:
    """Steps in their order, the seed of it all, and how much of a thing must be left to keep it (`keep_visible`)."""

    steps: tuple[Step, ...]
    seed: int = 1
    keep_visible: float = 0.2

    @classmethod
    def usual(cls, things: bool = False) -> Recipe:
        """The recipe used where none is named; for pictures of marked `things` without mirrored repeats of them at
        the edges, which nothing would mark.
        """
        plain = tomllib.loads(USUAL)
        for one in plain["step"] if things else ():
            if one["do"] in MOVES:
                one.update(fill="constant", gray=128)
        return cls.of(plain)

    @classmethod
    def load(cls, path: Path) -> Recipe:
        """The recipe in a file; raises BadRecipe naming it."""
        try:
            return cls.parse(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise BadRecipe(f"{path}: {error.strerror or error}") from error
        except UnicodeDecodeError as error:
            raise BadRecipe(f"{path}: no text in UTF-8") from error
        except BadRecipe as error:
            raise BadRecipe(f"{path}: {error}") from error

    @classmethod
    def parse(cls, text: str) -> Recipe:
        """The recipe of a text in TOML; raises BadRecipe."""
        try:
            return cls.of(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise BadRecipe(f"no TOML: {error}") from error

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Recipe:
        """The recipe of plain values, as `plain` gives them; raises BadRecipe."""
        unknown = sorted(set(plain) - {"seed", "keep_visible", "step"})
        if unknown:
            raise BadRecipe(f"unknown entry {unknown[0]!r:.40}; known: seed, keep_visible and [[step]]")
        given = plain.get("step", [])
        if not isinstance(given, list) or not given or len(given) > MOST_STEPS:
            raise BadRecipe(f"a recipe has 1 to {MOST_STEPS} steps, each under a line [[step]]")
        return cls.made(given, plain.get("seed", 1), plain.get("keep_visible", 0.2))

    @classmethod
    def made(cls, steps: Sequence[Mapping[str, Any]], seed: int = 1, keep_visible: float = 0.2) -> Recipe:
        """The recipe of steps like {"do": "rotate", "degrees": [-30, 30]}; raises BadRecipe."""
        found = []
        for number, one in enumerate(steps, 1):
            if not isinstance(one, Mapping) or not isinstance(one.get("do"), str):
                raise BadRecipe(f'step {number} does not say what to do: add a line like do = "rotate"')
            try:
                found.append(step(one["do"]).of({key: value for key, value in one.items() if key != "do"}))
            except BadRecipe as error:
                raise BadRecipe(f"step {number}: {error}") from error
        if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 1 << 63:
            raise BadRecipe(f"seed must be a whole number from 0 on, not {seed!r:.40}")
        if isinstance(keep_visible, bool) or not isinstance(keep_visible, int | float):
            raise BadRecipe(f"keep_visible must be a number, not {keep_visible!r:.40}")
        if not 0 <= keep_visible <= 1:
            raise BadRecipe(f"keep_visible must be 0 to 1, not {keep_visible:g}")
        return cls(tuple(found), seed, float(keep_visible))

    def plain(self) -> dict[str, Any]:
        """Plain values of which `of` makes the same recipe."""
        steps = [one.plain() for one in self.steps]
        return {"seed": self.seed, "keep_visible": self.keep_visible, "step": steps}

    def text(self) -> str:
        """The recipe as TOML, every parameter told."""
        lines = [f"seed = {self.seed}", f"keep_visible = {self.keep_visible}"]
        for one in self.steps:
            lines += ["", "[[step]]"]
            # JSON's words, numbers and lists are TOML's too.
            lines += [f"{key} = {json.dumps(value)}" for key, value in one.plain().items()]
        return "\n".join(lines) + "\n"

    @property
    def mixes(self) -> bool:
        """Whether a second picture is needed."""
        return any(one.mixes for one in self.steps)

    def seed_of(self, name: str, copy: int) -> int:
        """The seed of one picture's so manieth copy: from the recipe's seed and the picture's name alone."""
        told = f"{self.seed}\0{copy}\0{name}".encode("utf-8", "surrogateescape")
        return int.from_bytes(blake2b(told, digest_size=8).digest(), "big")

    def apply(self, example: Example, seed: int, partner: Partner | None = None) -> Example:
        """The example after all steps, drawn from `seed`.

        `partner` gives the picture to mix with for a seed: it goes through the steps before it is mixed in. Without
        one (or where it gives None) steps that mix are left out.
        """
        done = self._first(len(self.steps), example, Luck(seed), partner)
        return done.without_hidden(self.keep_visible)

    def _first(self, count: int, example: Example, luck: Luck, partner: Partner | None) -> Example:
        waiting: Change | None = None
        size = example.size
        for place in range(count):
            one = self.steps[place]
            if one.chance < 1 and luck.random() >= one.chance:
                continue
            change = one.draw(luck, size)
            if change is None:
                continue
            if isinstance(change, Mixture):
                seed = luck.getrandbits(63)
                other = None if partner is None else partner(seed)
                if other is None:
                    continue
                example = example if waiting is None else waiting.apply(example)
                waiting = None
                example = change.mixed(example, self._first(place, other, Luck(seed), partner))
                continue
            size = change.size_after(size)
            both = None if waiting is None else waiting.joined(change)
            if both is None and waiting is not None:
                example = waiting.apply(example)
            waiting = change if both is None else both
        return example if waiting is None else waiting.apply(example)
