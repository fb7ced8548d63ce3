"""What the user has chosen for this library: kept in its catalog."""

from __future__ import annotations

from pydantic import BaseModel, Field, ValidationError

from veduta.library.catalog import Catalog
from veduta.library.schema import Preference

KEY = "server.choices"


class Choices(BaseModel):
    """Choices of a library; `recognizers` None: all that there are."""

    recognizers: list[str] | None = None
    watch: bool = False
    excludes: list[str] = Field(default_factory=list)


def chosen(catalog: Catalog) -> Choices:
    """Return the choices of a library; what cannot be read counts as not chosen."""
    with catalog.session() as session:
        row = session.get(Preference, KEY)
    try:
        return Choices() if row is None else Choices.model_validate(row.value)
    except ValidationError:
        return Choices()


def choose(catalog: Catalog, choices: Choices) -> None:
    """Keep the choices of a library."""
    with catalog.write() as session:
        session.merge(Preference(key=KEY, value=choices.model_dump()))
