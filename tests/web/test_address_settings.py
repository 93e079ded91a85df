"""What the web section refuses at the start, so that no request is the first to find out."""

from __future__ import annotations

from pathlib import Path

import pytest

from omnicore import config
from omnicore.sdk.errors import SettingsError
from tests.conftest import SECRET


@pytest.mark.parametrize(
    ("web", "named"),
    [
        ("trusted_proxies: [proxy.local]", "proxy.local"),
        ("login_rate: often", "login_rate"),
        ("public_rate: 10", "public_rate"),
    ],
)
def test_a_wrong_limit_or_proxy_stops_the_start(web: str, named: str) -> None:
    text = f"jwt_secret: {SECRET}\nweb: {{{web}}}\n"
    with pytest.raises(SettingsError, match=named):
        config.parse(text, Path("crm_config.yaml"))


def test_a_loopback_address_is_not_trusted() -> None:
    for address in ("127.0.0.1", "127.0.0.0/16", "::1", "0.0.0.0/0", "::/0"):
        text = f"jwt_secret: {SECRET}\nip_whitelist: ['{address}']\n"
        with pytest.raises(SettingsError, match="loopback"):
            config.parse(text, Path("crm_config.yaml"))


def test_an_api_key_may_stand_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITORING_KEY", "k" * 40)
    text = f"jwt_secret: {SECRET}\napi_keys:\n  ${{env:MONITORING_KEY}}: {{roles: [Support]}}\n"
    (entry,) = config.parse(text, Path("crm_config.yaml")).api_keys
    assert entry.key.reveal() == "k" * 40
