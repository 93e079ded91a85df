"""What goes in and out of the catalogue."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import marshmallow as ma
from marshmallow import ValidationError

from omnicore.catalog.lists import read_list, write_list
from omnicore.catalog.models import AutoRenew, Category
from omnicore.catalog.rules import check_play_name
from omnicore.web.fields import Choice, Moment, Partial, Price, Text, View


class ListText(Text):
    """A list as text (Python or JSON form, or commas); a JSON array is taken too."""

    def __init__(self, check: Callable[[str], object] = read_list, **kwargs: Any) -> None:
        super().__init__(max=20_000, allow_none=True, **kwargs)
        self._check = check

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, list):
            value = write_list(value)
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            self._check(text)
        except ValueError as error:
            raise ValidationError(f"{str(error).capitalize()}.") from error
        return text


class PlayText(ListText):
    """The name of a play without ``.yaml``, or a list of names that run one after the other."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            names = [check_play_name(name) for name in read_list(text)]
        except ValueError as error:
            raise ValidationError(f"{error}.") from error
        return write_list(names) if len(names) > 1 else "".join(names)


class JsonText(Text):
    """Text that holds a JSON object, or nothing; an object is taken too."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max=60_000, allow_none=True, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, dict):
            value = json.dumps(value)
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            loaded = json.loads(text) if text.strip() else {}
        except (ValueError, RecursionError) as error:
            raise ValidationError(f"Not JSON: {error}.") from error
        if not isinstance(loaded, dict):
            raise ValidationError('A JSON object was expected, for example {"days": 30}.')
        return text


class AutoRenewChoice(Choice):
    """``prompt``, ``true`` or ``false``; JSON's own true and false are taken too."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, bool):
            value = str(value).lower()
        return super()._deserialize(value, attr, data, **kwargs)


class ProductView(View):
    """A product. What is staff's alone is absent when a customer asks."""

    product_id = ma.fields.Integer()
    product_name = ma.fields.String()
    product_slug = ma.fields.String()
    category = ma.fields.String()
    service_type = ma.fields.String(allow_none=True)
    inventory_items_list = ma.fields.String(allow_none=True)
    relies_on_list = ma.fields.String(allow_none=True)
    retail_cost = Price()
    retail_setup_cost = Price()
    tax_percentage = Price()
    contract_days = ma.fields.Integer()
    residential = ma.fields.Boolean()
    business = ma.fields.Boolean()
    enabled = ma.fields.Boolean()
    customer_can_purchase = ma.fields.Boolean()
    available_from = Moment(allow_none=True)
    available_until = Moment(allow_none=True)
    auto_renew = ma.fields.String()
    allow_auto_renew = ma.fields.Boolean()
    icon = ma.fields.String(allow_none=True)
    features_list = ma.fields.String(allow_none=True)
    terms = ma.fields.String(allow_none=True)
    provisioning_play = ma.fields.String(allow_none=True, metadata={"description": "Staff only"})
    provisioning_json_vars = ma.fields.String(
        allow_none=True, metadata={"description": "Staff only; a JSON object as text"}
    )
    wholesale_cost = Price(metadata={"type": "number", "description": "Staff only"})
    wholesale_setup_cost = Price(metadata={"type": "number", "description": "Staff only"})
    margin = Price(metadata={"type": "number", "description": "Staff only; retail - wholesale"})
    margin_percent = ma.fields.Integer(
        allow_none=True, metadata={"description": "Staff only; of the retail price"}
    )
    comment = ma.fields.String(allow_none=True, metadata={"description": "Staff only"})
    created = Moment()
    last_modified = Moment()


class WrittenProductView(ProductView):
    """A product that was just written, with what looks wrong about it."""

    warnings = ma.fields.List(ma.fields.String())


class ProductInput(Partial):
    """A product to create or change."""

    READ_ONLY = frozenset({"product_id", "margin", "margin_percent", "warnings"})

    product_name = Text(required=True, min=1)
    product_slug = Text(
        required=True,
        min=1,
        validate=ma.validate.Regexp(
            r"^[A-Za-z0-9][A-Za-z0-9._~-]*\Z",
            error="Letters, digits and - . _ ~ only, for example prepaid-mobile-20gb.",
        ),
    )
    category = Choice(Category, required=True)
    service_type = Text(max=80, allow_none=True)
    provisioning_play = PlayText()
    provisioning_json_vars = JsonText()
    inventory_items_list = ListText()
    relies_on_list = ListText()
    retail_cost = Price(low="0")
    wholesale_cost = Price(low="0")
    retail_setup_cost = Price(low="0")
    wholesale_setup_cost = Price(low="0")
    tax_percentage = Price(low="0")
    contract_days = ma.fields.Integer(validate=ma.validate.Range(0, 36_500))
    residential = ma.fields.Boolean()
    business = ma.fields.Boolean()
    enabled = ma.fields.Boolean()
    customer_can_purchase = ma.fields.Boolean()
    available_from = Moment(allow_none=True)
    available_until = Moment(allow_none=True)
    auto_renew = AutoRenewChoice(AutoRenew)
    allow_auto_renew = ma.fields.Boolean()
    icon = Text(max=120, allow_none=True)
    features_list = ListText(check=len)
    terms = Text(max=60_000, allow_none=True)
    comment = Text(max=60_000, allow_none=True)


class CatalogueQuery(ma.Schema):
    """How the bare list of products can be narrowed."""

    class Meta:
        unknown = ma.EXCLUDE

    include_disabled = ma.fields.Boolean(
        load_default=False, metadata={"description": "Also what is not sold now; staff only"}
    )
    category = Choice(Category, load_default=None)
    service_type = ma.fields.String(load_default=None)
    residential = ma.fields.Boolean(load_default=None)
    business = ma.fields.Boolean(load_default=None)
