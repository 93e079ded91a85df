"""The query string of lists, and answers in the envelopes of the contract."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import marshmallow as ma
import orjson
from flask import Response, request
from marshmallow import ValidationError

from omnicore.db.listing import BARE_CAP, MAX_PER_PAGE, ListQuery, Page
from omnicore.web.json import answer


class FiltersField(ma.fields.Field):
    """URL-encoded JSON: an object of lists of accepted values."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, list[Any]]:
        try:
            loaded = orjson.loads(value or "{}")
        except orjson.JSONDecodeError as error:
            raise ValidationError('Not JSON, for example {"service_status":["Active"]}') from error
        if not isinstance(loaded, dict):
            raise ValidationError("A JSON object of lists was expected")
        return {k: v if isinstance(v, list) else [v] for k, v in loaded.items()}


class ListQuerySchema(ma.Schema):
    """page, per_page, sort, order, search, filters, cursor."""

    class Meta:
        unknown = ma.EXCLUDE

    page = ma.fields.Integer(validate=ma.validate.Range(min=1), load_default=None)
    per_page = ma.fields.Integer(validate=ma.validate.Range(1, MAX_PER_PAGE), load_default=None)
    sort = ma.fields.String(load_default="")
    order = ma.fields.String(validate=ma.validate.OneOf(["asc", "desc"]), load_default=None)
    search = ma.fields.String(load_default="", validate=ma.validate.Length(max=200))
    filters = FiltersField(
        load_default=dict, metadata={"type": "string", "description": "JSON object of lists"}
    )
    cursor = ma.fields.String(load_default="")

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> ListQuery:
        asked = data["page"] is not None or data["per_page"] is not None or bool(data["cursor"])
        return ListQuery(
            page=data["page"] or 1,
            per_page=data["per_page"] or 10,
            sort=data["sort"],
            descending=None if data["order"] is None else data["order"] == "desc",
            search=data["search"].strip(),
            filters=data["filters"],
            cursor=data["cursor"],
            paged=asked,
        )


class PagedQuerySchema(ListQuerySchema):
    """The same, for lists that always come in pages: the first ten rows when nothing is asked."""

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> ListQuery:
        return replace(super().build(data), paged=True)


class PaginationSchema(ma.Schema):
    """Where a page stands."""

    current_page = ma.fields.Integer()
    per_page = ma.fields.Integer()
    total_pages = ma.fields.Integer()
    total_items = ma.fields.Integer()
    total_is_capped = ma.fields.Boolean()
    next_cursor = ma.fields.String(allow_none=True)


@cache
def page_schema(row: type[ma.Schema]) -> type[ma.Schema]:
    """The schema of ``{data, pagination}`` around rows of ``row``."""
    name = f"{row.__name__.removesuffix('Schema')}Page"
    return ma.Schema.from_dict(
        {
            "data": ma.fields.List(ma.fields.Nested(row)),
            "pagination": ma.fields.Nested(PaginationSchema),
        },
        name=name,
    )


def enveloped(page: Page) -> Response:
    """``{data, pagination}``."""
    return answer(page.envelope())


def bare(page: Page) -> Response:
    """A bare array; says where the rest is when it was cut at 1,000 rows."""
    return _linked(answer(page.rows), page)


def data_only(page: Page) -> Response:
    """``{data}``, with ``pagination`` when it was asked for."""
    paged = "current_page" in page.pagination
    return _linked(answer(page.envelope() if paged else {"data": page.rows}), page)


def _linked(response: Response, page: Page) -> Response:
    following = page.pagination.get("next_cursor")
    if following:
        path = f"{request.path}?per_page={BARE_CAP}&cursor={following}"
        response.headers["Link"] = f'<{path}>; rel="next"'
    return response
