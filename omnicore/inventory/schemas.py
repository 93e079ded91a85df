"""What goes in and out of the inventory."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import ValidationError

from omnicore.inventory.models import LABELS, TEXTS, ItemState
from omnicore.inventory.places import degrees_of
from omnicore.inventory.views import COLUMNS
from omnicore.web.fields import Choice, Link, Moment, Partial, Price, Text, View


class Degrees(ma.fields.Field):
    """A coordinate: a number or a numeric string in, the string as it was written out."""

    def __init__(self, limit: float, **kwargs: Any) -> None:
        super().__init__(allow_none=True, metadata={"type": "string"}, **kwargs)
        self._limit = limit

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str | None:
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise ValidationError("Not a coordinate.")
        text = str(value).strip()
        try:
            degrees_of(text, self._limit)
        except ValueError as error:
            raise ValidationError(f"Not within -{self._limit:g} and {self._limit:g}.") from error
        return text[:40] or None


_Labels = ma.Schema.from_dict(
    {name: ma.fields.String(allow_none=True) for name in LABELS}, name="InventoryLabels"
)
_Texts = ma.Schema.from_dict(
    {name: ma.fields.String(allow_none=True) for name in TEXTS}, name="InventoryTexts"
)


class TemplateView(_Labels):  # type: ignore[valid-type, misc]
    """A kind of item."""

    inventory_template_id = ma.fields.Integer()
    item = ma.fields.String()
    icon = ma.fields.String(allow_none=True)
    wholesale_cost = Price(metadata={"type": "number", "description": "Staff only"})
    retail_cost = Price()
    allow_dropdown_staff = ma.fields.Boolean()
    allow_dropdown_customer = ma.fields.Boolean()
    created = Moment()
    last_modified = Moment()


class WrittenTemplateView(TemplateView):
    """A kind that was just written, with what a new name breaks."""

    warnings = ma.fields.List(ma.fields.String())


_LabelInputs = Partial.from_dict(
    {name: Text(max=120, allow_none=True) for name in LABELS[2:]}, name="InventoryLabelInputs"
)


class TemplateInput(_LabelInputs):  # type: ignore[valid-type, misc]
    """A kind of item to create or change: at most 20 labels, one a text."""

    READ_ONLY = frozenset({"inventory_template_id", "warnings"})

    item = Text(required=True, min=1)
    icon = Text(max=120, allow_none=True)
    wholesale_cost = Price(low="0", required=True)
    retail_cost = Price(low="0", required=True)
    itemtext1_label = Text(min=1, max=120)
    itemtext2_label = Text(min=1, max=120)
    allow_dropdown_staff = ma.fields.Boolean()
    allow_dropdown_customer = ma.fields.Boolean()


class ItemView(_Texts):  # type: ignore[valid-type, misc]
    """An item. Each label of its template is a further key, such as ``iccid`` or ``msisdn``."""

    inventory_id = ma.fields.Integer()
    item = ma.fields.String()
    inventory_template_id = ma.fields.Integer()
    customer_id = ma.fields.Integer(allow_none=True)
    service_id = ma.fields.Integer(allow_none=True)
    item_location = ma.fields.String(allow_none=True)
    item_state = ma.fields.String()
    wholesale_cost = Price(metadata={"type": "number", "description": "Staff only"})
    retail_cost = Price()
    sold_date = Moment(allow_none=True)
    address_line_1 = ma.fields.String(allow_none=True)
    address_line_2 = ma.fields.String(allow_none=True)
    city = ma.fields.String(allow_none=True)
    state = ma.fields.String(allow_none=True)
    zip_code = ma.fields.String(allow_none=True)
    country = ma.fields.String(allow_none=True)
    google_maps_place_id = ma.fields.String(allow_none=True)
    plus_code = ma.fields.String(allow_none=True)
    latitude = ma.fields.String(allow_none=True)
    longitude = ma.fields.String(allow_none=True)
    management_url = ma.fields.String(allow_none=True)
    management_username = ma.fields.String(allow_none=True, metadata={"description": "Staff only"})
    management_password = ma.fields.String(
        allow_none=True, metadata={"description": "Staff only; *** when one is set"}
    )
    config_content = ma.fields.String(
        allow_none=True, metadata={"description": "Staff only; absent in lists"}
    )
    config_file_path = ma.fields.String(allow_none=True, metadata={"description": "Staff only"})
    inventory_notes = ma.fields.String(allow_none=True, metadata={"description": "Staff only"})
    quarantined_until = Moment(allow_none=True, metadata={"description": "Staff only"})
    reserved_by_provision = ma.fields.Integer(
        allow_none=True, metadata={"description": "Staff only; the job that holds it"}
    )
    created = Moment()
    last_modified = Moment()


_TextInputs = Partial.from_dict(
    {name: Text(allow_none=True) for name in TEXTS[1:]}, name="InventoryTextInputs"
)


class ItemInput(_TextInputs):  # type: ignore[valid-type, misc]
    """An item to load or change. Labels of the template are good names for its texts too."""

    class Meta:
        unknown = ma.INCLUDE

    READ_ONLY = frozenset({"inventory_id", "reserved_by_provision"})

    item = Text(required=True, min=1)
    inventory_template_id = Link()
    customer_id = Link()
    service_id = Link()
    item_location = Text(allow_none=True)
    item_state = Choice(ItemState)
    itemtext1 = Text(min=1)
    wholesale_cost = Price(low="0")
    retail_cost = Price(low="0")
    sold_date = Moment(allow_none=True)
    address_line_1 = Text(allow_none=True)
    address_line_2 = Text(allow_none=True)
    city = Text(max=120, allow_none=True)
    state = Text(max=120, allow_none=True)
    zip_code = Text(max=40, allow_none=True)
    country = Text(max=120, allow_none=True)
    google_maps_place_id = Text(allow_none=True)
    plus_code = Text(max=120, allow_none=True)
    latitude = Degrees(90)
    longitude = Degrees(180)
    management_url = Text(max=2048, allow_none=True)
    management_username = Text(allow_none=True)
    management_password = Text(allow_none=True)
    config_content = Text(max=4_000_000, allow_none=True)
    config_file_path = Text(max=1024, allow_none=True)
    inventory_notes = Text(max=60_000, allow_none=True)
    quarantined_until = Moment(allow_none=True)

    @ma.post_load
    def gather_texts(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """What is no field may be a label of the template: the service, which knows it, decides."""
        known = set(self.fields)
        texts = {name: value for name, value in data.items() if name not in known}
        for name, value in texts.items():
            if not isinstance(value, str | None) or len(value or "") > 255:
                raise ValidationError("Unknown field, or no text of at most 255.", name)
        values = {name: value for name, value in data.items() if name in known}
        return values | {"texts": texts} if texts else values


class ItemQuery(ma.Schema):
    """How lists of items can be narrowed, besides ``filters``."""

    class Meta:
        unknown = ma.EXCLUDE

    item = ma.fields.String(metadata={"description": "Kind, exactly"})
    item_state = Choice(ItemState)
    item_location = ma.fields.String()
    customer_id = ma.fields.Integer()
    service_id = ma.fields.Integer()
    available = ma.fields.Boolean(metadata={"description": "Only what an order may choose"})


class PickerQuery(ma.Schema):
    """What the picker asks for."""

    class Meta:
        unknown = ma.EXCLUDE

    item = ma.fields.String(required=True, metadata={"description": "Kind, exactly"})
    item_location = ma.fields.String()


class StockQuery(ma.Schema):
    """How counts can be narrowed."""

    class Meta:
        unknown = ma.EXCLUDE

    item = ma.fields.String()
    item_state = Choice(ItemState)
    item_location = ma.fields.String()


class PlaceQuery(ma.Schema):
    """An address, or a point with a radius."""

    class Meta:
        unknown = ma.EXCLUDE

    item = ma.fields.String(metadata={"description": "Kind, exactly"})
    address_line_1 = Text()
    city = Text()
    zip_code = Text()
    latitude = ma.fields.Float(validate=ma.validate.Range(-90, 90))
    longitude = ma.fields.Float(validate=ma.validate.Range(-180, 180))
    radius = ma.fields.Float(
        load_default=100.0,
        validate=ma.validate.Range(0, 50_000),
        metadata={"description": "Metres around the point"},
    )


class PickerRow(View):
    """An item that an order may choose."""

    inventory_id = ma.fields.Integer()
    item = ma.fields.String()
    inventory_template_id = ma.fields.Integer()
    itemtext1 = ma.fields.String()
    itemtext2 = ma.fields.String(allow_none=True)
    item_location = ma.fields.String(allow_none=True)
    item_state = ma.fields.String()


class HoldingRow(View):
    """Somebody's time with an item."""

    holding_id = ma.fields.Integer()
    inventory_id = ma.fields.Integer()
    customer_id = ma.fields.Integer(allow_none=True)
    service_id = ma.fields.Integer(allow_none=True)
    provision_id = ma.fields.Integer(allow_none=True)
    held_from = Moment()
    held_until = Moment(allow_none=True)


SHEET_READ_ONLY = frozenset(
    {"inventory_id", "inventory_template_id", "created", "last_modified", "reserved_by_provision"}
)
SHEET = tuple(name for name in COLUMNS if name not in ("management_password", "config_content"))
"""Columns of an exported sheet, which can be imported again."""
