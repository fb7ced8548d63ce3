"""/api/settings, /api/recognizers and /api/models."""

from __future__ import annotations

from fastapi import APIRouter

from veduta.server import preferences
from veduta.server.context import Here
from veduta.server.models.setting import ModelOut, RecognizerOut, SettingsOut, SettingsPatch

router = APIRouter(tags=["settings"])


@router.get("/settings")
def get_settings(here: Here) -> SettingsOut:
    """Give the settings of this library and of this machine."""
    return preferences.given(here)


@router.patch("/settings")
def change_settings(here: Here, patch: SettingsPatch) -> SettingsOut:
    """Change settings of this library."""
    return preferences.change(here, patch)


@router.get("/recognizers")
def list_recognizers(here: Here) -> list[RecognizerOut]:
    """List recognizers and how far each is with the library."""
    return preferences.recognizers(here)


@router.get("/models")
def list_models(here: Here) -> list[ModelOut]:
    """List the networks of the model store."""
    return preferences.models()
