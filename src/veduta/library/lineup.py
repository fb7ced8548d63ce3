"""Which recognizers look at the photos of a library: those that its user has left on; told without opening
them when nothing has changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from veduta.errors import ModelUnavailable, VedutaError
from veduta.landmarks import atlases
from veduta.library.catalog import Catalog
from veduta.library.choices import chosen
from veduta.library.record import THUMBNAILS, THUMBNAILS_VERSION
from veduta.library.schema import PhotoRow, Preference
from veduta.library.status import WANTED, pending, wanted
from veduta.see.own import own_recognizers
from veduta.see.recognizer import ON_REQUEST, Recognizer, names, open_recognizer

PROGRAM = "recognizers_program"
"""Key of the preference that holds the fingerprint of the program that opened them last."""
UNKNOWN = "?"
"""Stands for the version of a recognizer that could not be opened: its photos stay pending."""
# What each built-in recognizer cannot do without, so that it need not be opened to know whether it can be.
NEEDS: dict[str, tuple[str, ...]] = {
    "labels": ("efficientnet-lite2",),
    "scenes": ("efficientnet-lite2",),
    "likeness": ("efficientnet-lite2",),
    "objects": ("ssd-mobilenet-v2",),
    "faces": ("centerface", "dlib-face"),
    "text": ("pp-ocr-detector", "pp-ocr-reader"),
    "plates": ("pp-ocr-detector", "pp-ocr-reader", "ssd-mobilenet-v2"),
    "cranes": ("efficientnet-lite2",),
    "landmarks": ("efficientnet-lite2", "xfeat"),
}
_SOURCES = ("veduta.see", "veduta.landmarks", "veduta.nets", "veduta.nets.packs")


class Unopened(ModelUnavailable):
    """Recognizers that could not be opened; `missing` tells why, by name. The others have looked."""

    def __init__(self, missing: Mapping[str, str]) -> None:
        self.missing = dict(missing)
        reasons = "; ".join(f"{name}: {reason}" for name, reason in sorted(missing.items()))
        super().__init__(
            f"some recognizers could not look at the photos; the others have ({reasons})",
        )


def enabled(catalog: Catalog) -> list[str]:
    """The names of the recognizers that look at the photos of a library: the usual ones, or those left on."""
    with catalog.session() as session:
        wanted = chosen(session).recognizers
    return [name for name in names() if (name not in ON_REQUEST if wanted is None else name in wanted)]


def lacking() -> dict[str, str]:
    """The built-in recognizers that lack a network, each with how to get it; none is opened."""
    from veduta.nets.store import default_store

    states = {state.name: state.state for state in default_store().states()}
    found = {}
    for name, packs in NEEDS.items():
        absent = [pack for pack in packs if states.get(pack) != "ready"]
        if absent:
            found[name] = f"needs {' and '.join(absent)}: get it with `veduta models pull`"
    return found


def open_all() -> list[Recognizer]:
    """All recognizers that usually look at photos; raises ModelUnavailable when a network is not in the store."""
    return [open_recognizer(name) for name in names() if name not in ON_REQUEST]


def open_each(wanted: Sequence[str]) -> tuple[list[Recognizer], dict[str, str]]:
    """Those of some recognizers that can be opened, and why the others cannot, by name."""
    opened, missing = [], {}
    for name in wanted:
        try:
            opened.append(open_recognizer(name))
        except VedutaError as error:
            missing[name] = str(error)
        # A recognizer may be anybody's: one that is broken does not keep the others from looking.
        except Exception as error:
            missing[name] = f"{type(error).__name__}: {error}"
    return opened, missing


def versions(recognizers: Sequence[Recognizer]) -> dict[str, str]:
    """Names and versions of everything that looks at a photo, thumbnails among it."""
    return {THUMBNAILS: THUMBNAILS_VERSION, **{one.name: one.version for one in recognizers}}


def keep(session: Session, lineup: Mapping[str, str], program: str | None) -> bool:
    """Note who looks at the photos from now on; whether that has changed. `program` None: not all there
    are.
    """
    changed = wanted(session) != dict(lineup)
    if changed:
        session.merge(Preference(key=WANTED, value=dict(lineup)))
    known = session.get(Preference, PROGRAM)
    if (known.value if known is not None else None) != program:
        session.merge(Preference(key=PROGRAM, value=program))
    return changed


def idle(session: Session, program: str) -> bool:
    """Whether the same program has looked at every photo already, so that no network needs to be opened."""
    known = session.get(Preference, PROGRAM)
    if known is None or known.value != program:
        return False
    return session.scalar(select(PhotoRow.id).where(pending(wanted(session))).limit(1)) is None


def fingerprint(wanted: Sequence[str]) -> str:
    """Changes whenever who looks, or a recognizer's version, might: with the names that are wanted, the
    program's files, installed recognizers, atlases of landmarks in use and networks of the user's own.
    """
    digest = hashlib.blake2b("\n".join(wanted).encode(), digest_size=16)
    for package in _SOURCES:
        spec = find_spec(package)
        for folder in spec.submodule_search_locations or () if spec is not None else ():
            for path in sorted(Path(folder).glob("*.py")):
                facts = path.stat()
                digest.update(
                    f"{path} {facts.st_size} {facts.st_mtime_ns}\n".encode("utf-8", "surrogateescape")
                )
    for entry in sorted(entry_points(group="veduta.recognizers"), key=lambda e: e.name):
        digest.update(f"{entry.name} {entry.value} {entry.dist.version if entry.dist else ''}\n".encode())
    digest.update(atlases.fingerprint().encode())
    for own in own_recognizers():
        digest.update(f"{own.name} {own.version}\n".encode())
    return digest.hexdigest()
