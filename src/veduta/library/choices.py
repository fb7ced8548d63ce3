"""What the user has chosen for this library: kept in its catalog, obeyed by whoever adds photos to it."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from veduta.errors import NotFound
from veduta.library.catalog import Catalog
from veduta.library.schema import Folder, Preference

KEY = "choices"


class Choices(BaseModel):
    """Choices of a library; `recognizers` None: the usual ones."""

    recognizers: list[str] | None = None
    watch: bool = False
    excludes: list[str] = Field(default_factory=list)


def chosen(session: Session) -> Choices:
    """The choices of a library; what cannot be read counts as not chosen."""
    row = session.get(Preference, KEY)
    try:
        return Choices() if row is None else Choices.model_validate(row.value)
    except ValidationError:
        return Choices()


def choose(
    catalog: Catalog,
    recognizers: Iterable[str] | None = None,
    watch: bool | None = None,
    excludes: Iterable[str] | None = None,
) -> Choices:
    """Change choices (None: stays as it is); what is watched and left out holds for the folders that are
    there, too. Raises NotFound for a recognizer that does not exist.
    """
    with catalog.write() as session:
        kept = chosen(session)
        if recognizers is not None:
            kept.recognizers = _known(set(recognizers))
        if watch is not None:
            kept.watch = watch
            session.execute(update(Folder).values(watch=watch))
        if excludes is not None:
            before, kept.excludes = set(kept.excludes), sorted(set(excludes))
            for folder in session.scalars(select(Folder)):
                folder.excludes = sorted((set(folder.excludes) - before) | set(kept.excludes))
        session.merge(Preference(key=KEY, value=kept.model_dump()))
    return kept


def _known(wanted: set[str]) -> list[str] | None:
    """Names as they are kept: the usual ones as None, so that recognizers that come later look, too."""
    from veduta.see.recognizer import ON_REQUEST, names

    known = names()
    unknown = sorted(wanted - set(known))
    if unknown:
        raise NotFound(f"no recognizer is called {unknown[0]!r}; known: {', '.join(known)}")
    return None if wanted == set(known) - ON_REQUEST else sorted(wanted)
