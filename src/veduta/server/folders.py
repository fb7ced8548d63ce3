"""Folders of the library as the interface shows them; what is in them is read in the background."""

from __future__ import annotations

import os
from pathlib import Path

from veduta.errors import NotFound
from veduta.library import folders
from veduta.library.catalog import Catalog
from veduta.server.context import Context
from veduta.server.models.folder import FolderChoices, FolderNew, FolderOut, FolderPatch
from veduta.server.problem import Refused

MOST_CHOICES = 1000


def listed(catalog: Catalog) -> list[FolderOut]:
    """Return the folders of the library, by path."""
    return [FolderOut.model_validate(folder) for folder in folders.folders(catalog)]


def _get(catalog: Catalog, folder_id: int) -> FolderOut:
    for folder in listed(catalog):
        if folder.id == folder_id:
            return folder
    raise NotFound(f"there is no folder {folder_id}")


def add(here: Context, new: FolderNew) -> FolderOut:
    """Add a folder and begin to read its photos; one that is there already is read again."""
    path = os.path.abspath(Path(whole_path(new.path)))  # noqa: PTH100
    if not os.path.isdir(path):  # noqa: PTH112
        raise NotFound(f"{path}: there is no such folder on the machine that serves the library")
    if not os.access(path, os.R_OK | os.X_OK):
        raise Refused(
            409, f"{path}: the folder may not be read: allow it, or serve the library as another user"
        )
    library = str(here.catalog.directory)
    if path == library or path.startswith(library + os.sep):
        raise Refused(409, f"{path}: lies in the library itself")
    with here.catalog.write() as session:
        folder_id = folders.register(session, path, new.excludes, new.watch).id
    here.worker.scan([path])
    here.worker.rewatch()
    return _get(here.catalog, folder_id)


def whole_path(path: str) -> str:
    """Return a path that a person typed, with ~ written out; raises Refused, NotFound."""
    if "\0" in path:
        raise Refused(422, "wrong input: a path has no zero bytes")
    try:
        expanded = str(Path(path).expanduser())
    except RuntimeError as error:
        raise NotFound(f"{path}: {error}") from error
    if not os.path.isabs(expanded):  # noqa: PTH117
        raise Refused(422, "wrong input: give the whole path of the folder, such as /home/anna/Pictures")
    return expanded


def change(here: Context, folder_id: int, patch: FolderPatch) -> FolderOut:
    """Change what is left out of a folder, or whether it is watched; raises NotFound."""
    folders.change(here.catalog, folder_id, patch.watch, patch.excludes)
    found = _get(here.catalog, folder_id)
    if patch.watch is not None:
        here.worker.rewatch()
    if patch.excludes is not None:
        here.worker.scan([found.path])
    return found


def remove(here: Context, folder_id: int) -> int:
    """Take a folder out of the library; returns how many photos have no file left. Raises NotFound."""
    lost = folders.remove(here.catalog, folder_id)
    here.worker.rewatch()
    return lost


def choices(path: str) -> FolderChoices:
    """Return the folders inside `path` (empty: the home folder), without hidden ones."""
    folder = Path(whole_path(path)) if path.strip() else Path.home()
    try:
        with os.scandir(folder) as entries:
            names = sorted(
                (e.path for e in entries if not e.name.startswith(".") and e.is_dir()), key=str.casefold
            )
    except OSError as error:
        raise NotFound(f"{folder}: {error.strerror}") from error
    parent = None if folder.parent == folder else str(folder.parent)
    return FolderChoices(path=str(folder), parent=parent, folders=names[:MOST_CHOICES])
