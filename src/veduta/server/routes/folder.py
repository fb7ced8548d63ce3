"""/api/folders: the folders of photos that the library indexes in place."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from veduta.server import folders
from veduta.server.context import Here
from veduta.server.models.base import Done, PathId
from veduta.server.models.folder import FolderChoices, FolderNew, FolderOut, FolderPatch

router = APIRouter(prefix="/folders", tags=["folders"])


@router.get("")
def list_folders(here: Here) -> list[FolderOut]:
    """List the folders of the library."""
    return folders.listed(here.catalog)


@router.post("", status_code=201)
def add_folder(here: Here, new: FolderNew) -> FolderOut:
    """Add a folder; its photos are read in the background."""
    return folders.add(here, new)


@router.get("/choices")
def folder_choices(here: Here, path: Annotated[str, Query(max_length=4096)] = "") -> FolderChoices:
    """List the folders inside `path` (default: the home folder) on the machine that serves the library."""
    return folders.choices(path)


@router.patch("/{folder_id}")
def change_folder(here: Here, folder_id: PathId, patch: FolderPatch) -> FolderOut:
    """Change what is passed over in a folder, or whether it is watched."""
    return folders.change(here, folder_id, patch)


@router.delete("/{folder_id}")
def remove_folder(here: Here, folder_id: PathId) -> Done:
    """Take a folder out of the library; its files stay where and as they are."""
    return Done(changed=folders.remove(here, folder_id))
