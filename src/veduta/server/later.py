"""Modules that are loaded when they are first used: a server that is only looked at loads no picture code."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Later:
    """Stands for a module until something of it is wanted."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        """Whatever the module has."""
        return getattr(import_module(self._module), name)
