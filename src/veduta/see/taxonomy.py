"""Names of labels and scenes and the groups above them: a beagle is a hound, a dog, a mammal, an animal."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, cached_property
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray


def read_table(name: str) -> list[tuple[str, ...]]:
    """Rows of a tab-separated table of ``see/data``, without its comments."""
    text = (files("veduta.see") / "data" / name).read_text(encoding="utf-8")
    return [tuple(line.split("\t")) for line in text.splitlines() if line and not line.startswith("#")]


class Taxonomy:
    """A forest of names: the outputs of a classifier as leaves, groups above them.

    `leaves` has a (name, group) for each output of the classifier, in its order; outputs of one name are one leaf, and
    an output called like a group is that group. `groups` has (group, group above or "").
    """

    def __init__(self, leaves: Sequence[tuple[str, str]], groups: Sequence[tuple[str, str]]) -> None:
        self._above = {group: above for group, above in groups if above}
        names = {group for group, _ in groups}
        for name, group in leaves:
            if name not in names and name != group:
                self._above[name] = group
        self.outputs = [name for name, _ in leaves]
        self.leaves = sorted(set(self.outputs))
        self.nodes = sorted({node for name in self.leaves for node in (name, *self.parents(name))})
        self._place = {node: i for i, node in enumerate(self.nodes)}

    def parents(self, name: str) -> list[str]:
        """The groups above `name`, nearest first; none for an unknown name."""
        found = []
        while (name := self._above.get(name, "")) and name not in found:
            found.append(name)
        return found

    def depth(self, name: str) -> int:
        """How many groups are above `name`."""
        return len(self.parents(name))

    @cached_property
    def membership(self) -> NDArray[np.float32]:
        """(outputs, nodes): 1 where an output belongs to a node."""
        table = np.zeros((len(self.outputs), len(self.nodes)), np.float32)
        for row, name in enumerate(self.outputs):
            for node in (name, *self.parents(name)):
                table[row, self._place[node]] = 1
        return table

    def probabilities(self, outputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities of `nodes`, from those of the classifier's outputs (..., outputs)."""
        return outputs @ self.membership

    def choose(self, likely: NDArray[np.float32], threshold: float, most: int) -> list[tuple[str, float]]:
        """The most special of `nodes` with a probability `likely` of at least `threshold`, at most `most`.

        A group is named only when none below it is likely enough.
        """
        said = {self.nodes[i]: float(likely[i]) for i in np.flatnonzero(likely >= threshold)}
        covered = {above for name in said for above in self.parents(name)}
        return sorted(((n, p) for n, p in said.items() if n not in covered), key=lambda item: -item[1])[:most]


@cache
def imagenet() -> Taxonomy:
    """The labels: ImageNet-1k in readable words."""
    leaves = [(name, group) for name, group in read_table("imagenet.tsv")]
    return Taxonomy(leaves, [(group, above) for group, above in read_table("groups.tsv")])
