"""Settings of the library as the interface shows them; recognizers and networks."""

from __future__ import annotations

from veduta import __version__
from veduta.errors import ModelUnavailable, NotFound
from veduta.library.choices import choose, chosen
from veduta.server.context import Context
from veduta.server.guard import is_loopback
from veduta.server.models.setting import ModelOut, RecognizerOut, SettingsOut, SettingsPatch
from veduta.server.problem import Refused
from veduta.settings import settings


def given(here: Context) -> SettingsOut:
    """Return the settings of the library and of this machine."""
    from veduta.library.lineup import enabled

    with here.catalog.session() as session:
        choices = chosen(session)
    machine = settings()
    return SettingsOut(
        recognizers=enabled(here.catalog),
        watch=choices.watch,
        excludes=choices.excludes,
        library=str(here.catalog.directory),
        models=str(machine.models_directory),
        version=__version__,
        threads=machine.threads,
        analysis_side=machine.analysis_side,
        max_pixels=machine.max_pixels,
        max_file_bytes=machine.max_file_bytes,
        password=here.sessions.required,
        local=is_loopback(here.host),
    )


def change(here: Context, patch: SettingsPatch) -> SettingsOut:
    """Change settings, and do at once what follows from them."""
    try:
        choose(here.catalog, patch.recognizers, patch.watch, patch.excludes)
    except NotFound as error:
        raise Refused(422, str(error)) from error
    if patch.watch is not None:
        here.worker.rewatch()
    if patch.excludes is not None or patch.recognizers is not None:
        here.worker.scan()
    return given(here)


def recognizers(here: Context) -> list[RecognizerOut]:
    """Return all recognizers and how far each is with the library."""
    from veduta.library.standings import standings

    return [RecognizerOut.model_validate(one) for one in standings(here.catalog, here.worker.counts().photos)]


def models() -> list[ModelOut]:
    """Return the networks of the model store."""
    from veduta.nets.store import default_store

    try:
        states = default_store().states()
    except (OSError, ModelUnavailable) as error:
        raise Refused(503, f"the model store cannot be read: {error}") from error
    return [
        ModelOut(
            name=s.name,
            version=s.version,
            source=s.source,
            license=s.license,
            bytes=s.bytes,
            sha256=s.sha256,
            ready=s.ready,
            default=s.default,
            note=None if s.ready else f"{s.state}: get it with `veduta models pull {s.name}`",
        )
        for s in states
    ]
