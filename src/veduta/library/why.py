"""What in a photo speaks for a label or landmark that somebody names, whether it was recognized or not."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from veduta.errors import NotFound
from veduta.image.photo import Photo
from veduta.landmarks.evaluate_cases import folded
from veduta.library.explanation import Explanation
from veduta.see.relevance import Score, classifier_weights, of_label, relevance
from veduta.see.taxonomy import imagenet
from veduta.see.trunk import Sight, shared_trunk

SIDE = 1440


@dataclass(frozen=True, slots=True)
class Asked:
    """A label, or a landmark of an atlas in use (`atlas` and `id`, which are empty for labels)."""

    name: str
    atlas: str = ""
    id: str = ""


def named(name: str) -> Asked:
    """What somebody means, whatever the case, spaces and signs; raises NotFound, which names what is near.

    Landmarks may be called by their identifier or name. Where a landmark and a label are called the same, the
    landmark is meant.
    """
    wanted = folded(name)
    known = {folded(node): Asked(node) for node in imagenet().nodes} | _landmarks()
    if wanted in known:
        return known[wanted]
    near = [known[key].name for key in get_close_matches(wanted, known, 3)]
    hint = f"; did you mean {' or '.join(dict.fromkeys(near))}?" if near else ""
    raise NotFound(f"no label and no landmark of an atlas in use is called {name!r}{hint}")


def why(photo: Photo, asked: Asked) -> Explanation:
    """How much each spot of a photo speaks for what was asked; raises ModelUnavailable.

    Nothing speaks for it where covering any spot makes it no less likely.
    """
    [sight] = shared_trunk().look([photo])
    return Explanation(photo.at_side(SIDE), relevance(sight, _score(asked, sight)))


def _score(asked: Asked, sight: Sight) -> Score:
    if not asked.atlas:
        return of_label(asked.name, sight, classifier_weights())
    from veduta.landmarks.recognizer import score_of

    return score_of(asked.atlas, asked.id)


def _landmarks() -> dict[str, Asked]:
    """The landmarks of all atlases in use, by folded name and identifier; the shipped atlas goes before others."""
    from veduta.landmarks.atlas import Atlas
    from veduta.landmarks.atlases import used
    from veduta.landmarks.evaluate_cases import known_names

    found: dict[str, Asked] = {}
    for one in reversed(used()):
        marks = Atlas.open(one.folder).landmarks
        names = {mark.id: mark.name for mark in marks}
        found |= {key: Asked(names[id], one.name, id) for key, id in known_names(marks).items()}
    return found
