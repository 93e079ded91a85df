"""The base of every conformance suite: what a suite promises may not be switched off quietly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_SUITES = "omnicore.sdk.testing"
_SILENCERS = ("skip", "skipif")


class Contract:
    """Subclass a suite, give it its fixtures, override no test.

    A vendor that cannot keep a promise says so: the override is marked
    ``@pytest.mark.xfail(reason="...")``, and the reason is read by whoever chooses the plugin.
    """

    def test_nothing_of_the_contract_is_switched_off(self) -> None:
        """An override without a reasoned ``xfail`` and a skipped class are refused."""
        whole = [mark.name for mark in _marks(type(self)) if mark.name in _SILENCERS]
        assert not whole, "the whole contract is skipped"
        for name, promised in _promises(type(self)):
            mine = getattr(type(self), name)
            reasoned = any(
                mark.name == "xfail" and mark.kwargs.get("reason") for mark in _marks(mine)
            )
            assert mine is promised or reasoned, f"{name} is overridden without a reasoned xfail"


def _promises(suite: type) -> Iterator[tuple[str, Any]]:
    """Name and function of each test that a suite of the SDK defines."""
    for base in suite.__mro__:
        if base.__module__.startswith(_SUITES):
            yield from ((n, f) for n, f in vars(base).items() if n.startswith("test_"))


def _marks(item: Any) -> list[Any]:
    marks = getattr(item, "pytestmark", [])
    return marks if isinstance(marks, list) else [marks]
