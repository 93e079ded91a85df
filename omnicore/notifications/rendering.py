"""Templates of messages: Jinja2 in a sandbox, HTML escaped, nothing fetched from outside.

``templates/<Name>.txt.j2`` has the blocks ``subject`` and ``body``; ``<Name>.html.j2`` the
same message for readers of HTML. A variable that is missing is shown empty and logged.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import ChainableUndefined, PackageLoader, make_logging_undefined, select_autoescape
from jinja2.exceptions import TemplateError
from jinja2.sandbox import SandboxedEnvironment

log = logging.getLogger("omnicore.notifications")

LONGEST_SUBJECT = 500


class CannotRender(Exception):
    """A template and its variables do not fit; the message says why."""


@dataclass(frozen=True)
class Rendered:
    """A message's words; ``html`` is empty where there is only text."""

    subject: str
    text: str
    html: str


@cache
def _environment() -> SandboxedEnvironment:
    return SandboxedEnvironment(
        loader=PackageLoader("omnicore.notifications"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=make_logging_undefined(log, ChainableUndefined),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )


def names() -> set[str]:
    """Every template there is."""
    suffix = ".txt.j2"
    return {
        name.removesuffix(suffix)
        for name in _environment().list_templates()
        if name.endswith(suffix)
    }


def render(template: str, variables: Mapping[str, Any]) -> Rendered:
    """The words of ``template``, the subject on one line.

    :raises CannotRender: when there is no such template, or it cannot take these variables.
    """
    try:
        source = _environment().get_template(f"{template}.txt.j2")
        context = source.new_context(dict(variables))
        subject = " ".join("".join(source.blocks["subject"](context)).split())
        text = "".join(source.blocks["body"](context)).strip() + "\n"
        html = _environment().get_template(f"{template}.html.j2").render(variables)
    except (
        TemplateError,
        TypeError,
        ValueError,
        LookupError,
        AttributeError,
        ArithmeticError,
    ) as error:
        raise CannotRender(f"template {template}: {type(error).__name__}: {error}") from error
    return Rendered(subject[:LONGEST_SUBJECT], text, html)
