"""Settings of the library as the interface shows them; recognizers and networks."""

from __future__ import annotations

from sqlalchemy import func, select, update

from veduta import __version__
from veduta.errors import ModelUnavailable
from veduta.library.schema import Folder, Work
from veduta.library.status import wanted
from veduta.server import sight
from veduta.server.choices import choose, chosen
from veduta.server.context import Context
from veduta.server.guard import is_loopback
from veduta.server.models.setting import ModelOut, RecognizerOut, SettingsOut, SettingsPatch
from veduta.server.problem import Refused
from veduta.settings import settings


def given(here: Context) -> SettingsOut:
    """Return the settings of the library and of this machine."""
    choices, machine = chosen(here.catalog), settings()
    return SettingsOut(
        recognizers=sight.enabled(here.catalog),
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
    """Change settings; what is watched and left out holds for the folders that are there, too."""
    choices = chosen(here.catalog)
    if patch.recognizers is not None:
        unknown = sorted(set(patch.recognizers) - set(sight.names()))
        if unknown:
            raise Refused(422, f"no recognizer is called {unknown[0]!r}; known: {', '.join(sight.names())}")
        every = set(patch.recognizers) == set(sight.names())
        choices.recognizers = None if every else sorted(set(patch.recognizers))
    if patch.watch is not None:
        choices.watch = patch.watch
    before = set(choices.excludes)
    if patch.excludes is not None:
        choices.excludes = sorted(set(patch.excludes))
    choose(here.catalog, choices)
    with here.catalog.write() as session:
        if patch.watch is not None:
            session.execute(update(Folder).values(watch=patch.watch))
        if patch.excludes is not None:
            for folder in session.scalars(select(Folder)):
                folder.excludes = sorted((set(folder.excludes) - before) | set(choices.excludes))
    if patch.watch is not None:
        here.worker.rewatch()
    if patch.excludes is not None or patch.recognizers is not None:
        here.worker.scan()
    return given(here)


def recognizers(here: Context) -> list[RecognizerOut]:
    """Return all recognizers and how far each is with the library."""
    enabled, lacking = set(sight.enabled(here.catalog)), sight.lacking()
    photos = here.worker.counts().photos
    with here.catalog.session() as session:
        versions = wanted(session)
        counts = {
            (name, version, state): number
            for name, version, state, number in session.execute(
                select(Work.recognizer, Work.version, Work.state, func.count()).group_by(
                    Work.recognizer, Work.version, Work.state
                )
            )
        }
    found = []
    for name in sight.names():
        version = versions.get(name, "")
        done, failed = (counts.get((name, version, state), 0) for state in ("done", "failed"))
        found.append(
            RecognizerOut(
                name=name,
                enabled=name in enabled,
                ready=name not in lacking,
                missing=lacking.get(name),
                done=done,
                failed=failed,
                pending=max(0, photos - done - failed) if name in enabled else 0,
            )
        )
    return found


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
