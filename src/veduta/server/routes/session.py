"""/api/session: log in and out."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from veduta.server.context import Here
from veduta.server.models.session import Login, Session
from veduta.server.sessions import COOKIE, client_address

router = APIRouter(prefix="/session", tags=["session"])


@router.get("")
def get_session(here: Here, request: Request) -> Session:
    """Tell whether a password is asked for and whether this browser has given it."""
    token = request.cookies.get(COOKIE)
    return Session(
        required=here.sessions.required,
        active=here.sessions.admits(token),
        expires=here.sessions.expiry(token),
    )


@router.post("")
def open_session(here: Here, request: Request, response: Response, login: Login) -> Session:
    """Log in with the access password; wrong ones are answered 401, too many of them 429."""
    if not here.sessions.required:
        return Session(required=False, active=True)
    token, expires = here.sessions.log_in(login.password, client_address(request))
    response.set_cookie(
        COOKIE,
        token,
        max_age=here.sessions.lifetime,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return Session(required=True, active=True, expires=expires)


@router.delete("")
def close_session(here: Here, request: Request, response: Response) -> Session:
    """Log out: the session ends on the server, whoever holds the cookie."""
    here.sessions.log_out(request.cookies.get(COOKIE))
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return Session(required=here.sessions.required, active=not here.sessions.required)
