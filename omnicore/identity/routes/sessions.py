"""Log in, refresh, log out, and who am I."""

from __future__ import annotations

from typing import Any

from flask import Response, after_this_request, request
from flask_smorest import Blueprint

from omnicore.identity import login, sessions
from omnicore.identity.schemas import (
    LoginInput,
    LoginView,
    MeView,
    RefreshInput,
    ResultView,
    TokenView,
)
from omnicore.identity.service import users
from omnicore.identity.sessions import Client, Issued
from omnicore.web.address import client_address
from omnicore.web.gate import actor, authenticated, public, reading, runtime, writing
from omnicore.web.limits import limited

blp = Blueprint("sessions", __name__, url_prefix="/crm/auth", description="Log-in and sessions")

COOKIE = "refresh_token"
COOKIE_PATH = "/crm/auth"


@blp.route("/login", methods=["POST"])
@public("it is where one logs in; limited by address and by account")
@limited("login")
@blp.arguments(LoginInput)
@blp.response(200, LoginView)
def log_in(values: dict[str, Any]) -> dict[str, Any]:
    """Log in with an e-mail address or user name and a password"""
    issued = login.log_in(runtime().db, client=_client(), **values)
    _set_cookie(issued)
    shown = {name: issued.user[name] for name in ("roles", "permissions")}
    return _tokens(issued) | shown | {"user": issued.user}


@blp.route("/refresh", methods=["POST"])
@public("the refresh token is the credential")
@limited("public")
@blp.arguments(RefreshInput)
@blp.response(200, TokenView)
def refresh_session(values: dict[str, Any]) -> dict[str, Any]:
    """Change a refresh token, from the body or the cookie, for fresh tokens"""
    given = values["refresh_token"]
    token = given or request.cookies.get(COOKIE, "")
    issued = sessions.refresh(runtime().db, token, _client())
    _set_cookie(issued)
    # What came as a cookie stays out of reach of scripts.
    return _tokens(issued, with_refresh=bool(given))


@blp.route("/logout", methods=["POST"])
@authenticated
@blp.response(200, ResultView)
def log_out() -> dict[str, str]:
    """End the session at once, with its access and refresh tokens"""
    with writing() as uow:
        sessions.end_own(uow)
    _forget_cookie()
    return {"result": "success"}


@blp.route("/me", methods=["GET"])
@authenticated
@blp.response(200, MeView)
def read_me() -> dict[str, Any]:
    """Who the caller is, and what the caller may do"""
    with reading() as uow:
        return users.read_caller(uow, actor())


def _client() -> Client:
    return Client(client_address(), request.headers.get("User-Agent", ""))


def _tokens(issued: Issued, with_refresh: bool = True) -> dict[str, Any]:
    shown = {
        "token": issued.access_token,
        "access_token": issued.access_token,
        "expires_in": issued.expires_in,
    }
    return shown | ({"refresh_token": issued.refresh_token} if with_refresh else {})


def _set_cookie(issued: Issued) -> None:
    @after_this_request
    def put(response: Response) -> Response:
        response.set_cookie(
            COOKIE,
            issued.refresh_token,
            max_age=issued.cookie_seconds,
            path=COOKIE_PATH,
            secure=runtime().settings.auth.cookie_secure,
            httponly=True,
            samesite="Strict",
        )
        return response


def _forget_cookie() -> None:
    @after_this_request
    def drop(response: Response) -> Response:
        response.delete_cookie(
            COOKIE,
            path=COOKIE_PATH,
            secure=runtime().settings.auth.cookie_secure,
            httponly=True,
            samesite="Strict",
        )
        return response
