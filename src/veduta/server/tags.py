"""Entity tags: whether a browser already has what it asks for."""

from __future__ import annotations

from starlette.requests import Request


def unchanged(request: Request, tag: str) -> bool:
    """Whether If-None-Match names `tag` (compared weakly, as RFC 9110 asks)."""
    given = request.headers.get("if-none-match")
    if given is None:
        return False
    return any(t.strip().removeprefix("W/") in (tag, "*") for t in given.split(","))
