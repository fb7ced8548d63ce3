"""Which recognizers look at the photos of a library, and which of them lack their networks."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from veduta.errors import ModelUnavailable, NotFound
from veduta.library.catalog import Catalog
from veduta.server.choices import chosen

if TYPE_CHECKING:
    from veduta.see.recognizer import Recognizer

log = logging.getLogger("veduta.server")
# What each built-in recognizer cannot do without, so that it need not be opened to know whether it can be.
NEEDS: dict[str, tuple[str, ...]] = {
    "labels": ("efficientnet-lite2",),
    "scenes": ("efficientnet-lite2",),
    "likeness": ("efficientnet-lite2",),
    "objects": ("ssd-mobilenet-v2",),
    "faces": ("centerface", "dlib-face"),
    "text": ("pp-ocr-detector", "pp-ocr-reader"),
}


def names() -> list[str]:
    """Return the names of all recognizers."""
    from veduta.see.recognizer import names as known

    return known()


def lacking() -> dict[str, str]:
    """Return the recognizers that lack a network, each with how to get it."""
    from veduta.nets.store import default_store

    states = {state.name: state.state for state in default_store().states()}
    found = {}
    for name, packs in NEEDS.items():
        absent = [pack for pack in packs if states.get(pack) != "ready"]
        if absent:
            found[name] = f"needs {' and '.join(absent)}: get it with `veduta models pull`"
    return found


def enabled(catalog: Catalog) -> list[str]:
    """Return the names of the recognizers that look at new photos: all, or those the user has left on."""
    wanted = chosen(catalog).recognizers
    return [name for name in names() if wanted is None or name in wanted]


def opened(catalog: Catalog) -> tuple[list[Recognizer] | None, list[str]]:
    """Return the enabled recognizers that can be opened, and the names of those that lack their networks.

    None in place of all the built-in ones: the library opens those itself, and only if there is something
    for them to do.
    """
    from veduta.see.recognizer import REGISTRY

    wanted = enabled(catalog)
    if set(wanted) == set(REGISTRY) and not lacking():
        return None, []
    return open_each(wanted)


def open_each(wanted: Sequence[str]) -> tuple[list[Recognizer], list[str]]:
    """Return those recognizers that can be opened, and the names of those that cannot."""
    from veduta.see.recognizer import open_recognizer

    known = lacking()
    found: list[Recognizer] = []
    missing: list[str] = []
    for name in wanted:
        if name in known:
            missing.append(name)
            continue
        try:
            found.append(open_recognizer(name))
        except (ModelUnavailable, NotFound):
            missing.append(name)
        except Exception:  # a recognizer that somebody else wrote must not keep the others from looking
            log.exception("the recognizer %s cannot be opened", name)
            missing.append(name)
    return found, missing
