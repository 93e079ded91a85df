"""``/crm/docs/``: the OpenAPI document, Swagger UI from local files, and a page per problem."""

from __future__ import annotations

import html
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import cast

from flask import Response, current_app, send_from_directory
from flask_smorest import Blueprint

from omnicore.sdk.errors import NotFound, OmniCoreError
from omnicore.web.gate import public
from omnicore.web.json import answer
from omnicore.web.openapi import LazyDocumentApi

blp = Blueprint("docs", __name__, url_prefix="/crm/docs", description="This documentation")

BLUEPRINTS = [blp]

ASSETS = frozenset({"swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"
)
WHY = "documentation; it says nothing of this deployment's data"

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="/crm/docs/assets/favicon-32x32.png">
{head}
</head>
<body>{body}</body>
</html>
"""
SWAGGER_HEAD = '<link rel="stylesheet" href="/crm/docs/assets/swagger-ui.css">'
SWAGGER_BODY = (
    '<div id="swagger-ui"></div><script src="/crm/docs/assets/swagger-ui-bundle.js"></script>'
    '<script src="/crm/docs/start.js"></script>'
)
START = """SwaggerUIBundle({
  url: "/crm/docs/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  tryItOutEnabled: true,
  validatorUrl: null
});
"""
PROBLEM_HEAD = (
    "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;"
    "padding:0 1rem}pre{background:#f4f4f4;padding:1rem;overflow:auto}</style>"
)


@blp.route("/", methods=["GET"])
@public(WHY)
@blp.response(200, {"type": "string"}, content_type="text/html")
def read_docs() -> Response:
    """The API, to read and to try out"""
    return _html(PAGE.format(title="OmniCore API", head=SWAGGER_HEAD, body=SWAGGER_BODY))


@blp.route("/openapi.json", methods=["GET"])
@public(WHY)
@blp.response(200, {"type": "object"})
def read_openapi() -> Response:
    """The OpenAPI 3.1 document"""
    api = cast(LazyDocumentApi, current_app.extensions["omnicore_api"])
    return answer(api.document())


@blp.route("/start.js", methods=["GET"])
@public(WHY)
@blp.response(200, {"type": "string"}, content_type="text/javascript")
def read_docs_script() -> Response:
    """What starts Swagger UI"""
    return Response(START, content_type="text/javascript; charset=utf-8")


@blp.route("/assets/<string:name>", methods=["GET"])
@public(WHY)
@blp.response(200, {"type": "string"}, content_type="application/octet-stream")
def read_docs_asset(name: str) -> Response:
    """A file of Swagger UI"""
    if name not in ASSETS:
        raise NotFound(f"no file {name}")
    response = send_from_directory(_swagger_folder(), name, max_age=3600)
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@blp.route("/problems/<string:problem>", methods=["GET"])
@public(WHY)
@blp.response(200, {"type": "string"}, content_type="text/html")
def read_problem_page(problem: str) -> Response:
    """What a problem means and what to do"""
    return _html(PAGE.format(title=html.escape(problem), head=PROBLEM_HEAD, body=_page(problem)))


def _html(text: str) -> Response:
    response = Response(text, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = POLICY
    return response


@cache
def _swagger_folder() -> Path:
    """Where the package that ships Swagger UI keeps its files; it is not imported."""
    spec = find_spec("flask_swagger_ui")
    if spec is None or not spec.submodule_search_locations:
        raise NotFound("Swagger UI is not installed")
    return Path(spec.submodule_search_locations[0]) / "dist"


def _page(problem: str) -> str:
    """The page of a code as HTML; a code without a page (of a plugin) shows what its class says.

    :raises NotFound: for a code that no error has.
    """
    kind = OmniCoreError.by_code.get(problem)
    if kind is None:
        raise NotFound(f"no problem is called {problem}")
    source = files("omnicore.web") / "problem_pages" / f"{problem}.md"
    if source.is_file():
        return _render(source.read_text(encoding="utf-8"))
    return _render(f"# {kind.title}\n\n{kind.__doc__ or ''}\n\nStatus: {kind.status}\n")


def _render(text: str) -> str:
    """Markdown as HTML; HTML inside it is shown, not obeyed."""
    from markdown_it import MarkdownIt

    return str(MarkdownIt("js-default").render(text))
