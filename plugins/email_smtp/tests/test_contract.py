"""The SMTP channel keeps the contract of a channel for e-mail."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from omnicore_email_smtp.channel import SmtpChannel

from omnicore.sdk.testing.notification import EmailChannelContract

from .mail_server import MailServer


class TestSmtpChannel(EmailChannelContract):
    carries_key = True

    @pytest.fixture
    def sandbox(self, server: MailServer) -> MailServer:
        return server

    @pytest.fixture
    def channel(self, sandbox: MailServer, make_channel: Callable[..., SmtpChannel]) -> SmtpChannel:
        return make_channel(sandbox)
