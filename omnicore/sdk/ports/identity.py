"""Who vouches for people: log-in through an outside identity provider."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class Challenge:
    """Where to send the browser, and what to remember until it comes back."""

    redirect_url: str
    state: str
    nonce: str = ""
    verifier: str = ""


@dataclass(frozen=True, kw_only=True)
class OutsideIdentity:
    """A person as the provider knows them. ``subject`` is stable, the e-mail may change."""

    subject: str
    email: str
    email_verified: bool
    first_name: str = ""
    last_name: str = ""
    groups: tuple[str, ...] = ()


class IdentityProvider(ABC):
    """One provider; OpenID Connect in all known cases."""

    key: ClassVar[str]
    label: ClassVar[str]

    @abstractmethod
    def begin(self, return_url: str) -> Challenge:
        """Start a log-in."""

    @abstractmethod
    def complete(self, challenge: Challenge, callback_url: str) -> OutsideIdentity:
        """Verify what the browser brought back.

        :raises PortRefused: when it does not verify; never returns a half-checked person.
        """
