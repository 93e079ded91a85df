"""Limits on how often an address may try: log-ins, wrong API keys, public routes.

Counts live where ``web.rate_storage`` says: in each process, or in a Redis that all share.
The library is imported at the first request that needs it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import after_this_request, current_app

from omnicore.runtime import Runtime
from omnicore.sdk.errors import TooMany
from omnicore.web.address import client_address

if TYPE_CHECKING:
    from limits import RateLimitItem

    from omnicore.config_schema import WebSettings

View = TypeVar("View", bound=Callable[..., Any])

log = logging.getLogger("omnicore.limits")

EXTENSION = "omnicore_limits"
_RATES: dict[str, Callable[[WebSettings], str]] = {
    "login": lambda web: web.login_rate,
    "api-key": lambda web: web.login_rate,
    "public": lambda web: web.public_rate,
}


class Limiter:
    """Counts of one application."""

    def __init__(self, settings: WebSettings) -> None:
        from limits import parse
        from limits.storage import storage_from_string
        from limits.strategies import FixedWindowRateLimiter

        self._rates: dict[str, RateLimitItem] = {
            kind: parse(rate(settings)) for kind, rate in _RATES.items()
        }
        storage = storage_from_string(settings.rate_storage, wrap_exceptions=True)
        self._window = FixedWindowRateLimiter(storage)

    def spend(self, kind: str, ip: str) -> None:
        """Count one try.

        :raises TooMany: when it is one too many; says after how many seconds to try again.
        """
        if not self._ask(self._window.hit, kind, ip):
            self._refuse(kind, ip)

    def refuse_spent(self, kind: str, ip: str) -> None:
        """Refuse without counting.

        :raises TooMany: when the next try would be one too many.
        """
        if not self._ask(self._window.test, kind, ip):
            self._refuse(kind, ip)

    def _ask(self, question: Callable[..., bool], kind: str, ip: str) -> bool:
        from limits.errors import StorageError

        try:
            return question(self._rates[kind], kind, ip)
        except StorageError as error:
            # Accounts still lock after failed log-ins; without the counts nobody is shut out.
            log.error("rate limits cannot be counted: %s", error)
            return True

    def _refuse(self, kind: str, ip: str) -> None:
        item = self._rates[kind]
        reset = self._window.get_window_stats(item, kind, ip).reset_time
        seconds = max(1, round(reset - time.time()))

        @after_this_request
        def say_when(response: Any) -> Any:
            response.headers["Retry-After"] = str(seconds)
            return response

        raise TooMany(f"more than {item}; try again in {seconds} s", retry_after=seconds)


def limiter() -> Limiter:
    """The limiter of the running application."""
    found = current_app.extensions.get(EXTENSION)
    if found is None:
        runtime = cast(Runtime, current_app.extensions["omnicore"])
        found = current_app.extensions.setdefault(EXTENSION, Limiter(runtime.settings.web))
    return cast(Limiter, found)


def limited(kind: str) -> Callable[[View], View]:
    """Limit a route by the caller's address; ``kind`` is ``login`` or ``public``.

    Put it under the gate's decorator and above ``@blp.arguments``: a try counts even when its
    body cannot be read.
    """
    if kind not in _RATES:
        raise ValueError(f"{kind}: no such limit, only {', '.join(_RATES)}")

    def decorate(view: View) -> View:
        @wraps(view)
        def counted(*args: Any, **kwargs: Any) -> Any:
            limiter().spend(kind, client_address())
            return view(*args, **kwargs)

        return cast(View, counted)

    return decorate
