"""What goes in and out of the customers room."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import marshmallow as ma
from marshmallow import ValidationError, validate

from omnicore.customers.models import AccountType, ContactType, PaymentType
from omnicore.customers.service import contacts, sites
from omnicore.db.listing import ListQuery
from omnicore.web.fields import Choice, Moment, Partial, Text, View
from omnicore.web.paging import ListQuerySchema

_PHONE = re.compile(r"\+?[0-9(][0-9 ().\-/]{1,38}")
_COLOUR = re.compile(r"#?([0-9A-Fa-f]{6})")


class Line(Text):
    """A text without blanks around it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return super()._deserialize(value, attr, data, **kwargs).strip()


class Email(Line):
    """An e-mail address, or an empty string."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        return validate.Email()(text) if text else ""


class Phone(Line):
    """A phone number: digits with the usual signs between them, kept as written."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text and (not _PHONE.fullmatch(text) or sum(map(str.isdigit, text)) < 3):
            raise ValidationError("Not a phone number, such as +44 20 7946 0123.")
        return text or None


class ContactTypes(ma.fields.Field):
    """Types of a contact: a comma list or a JSON list, in any case."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        words = value if isinstance(value, list) else [value]
        if not all(isinstance(word, str) for word in words):
            raise ValidationError("Words were expected, such as Primary,Billing.")
        try:
            return contacts.types(value)
        except ValueError as error:
            raise ValidationError(f"Too much: {error}.") from error


class PlusCode(Line):
    """A full Open Location Code; checked, and made anew from the position."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            return sites.check_plus_code(super()._deserialize(value, attr, data, **kwargs))
        except ValueError as error:
            raise ValidationError(f"It is {error}.") from error


class Loose(Text):
    """A string; numbers and truth values of plays are written out."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, bool):
            value = str(value).lower()
        elif isinstance(value, (int, float)):
            value = str(value)
        return super()._deserialize(value, attr, data, **kwargs)


class Colour(ma.fields.String):
    """Six hex digits; a leading # is dropped."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        found = _COLOUR.fullmatch(super()._deserialize(value, attr, data, **kwargs).strip())
        if found is None:
            raise ValidationError("Six hex digits were expected, such as FFD700.")
        return found.group(1)


class WebLink(Line):
    """An address of the web; no other scheme may stand behind a link that staff click."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not text:
            return None
        try:
            parts = urlsplit(text)
            good = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
        except ValueError:
            good = False
        if not good or re.search(r"[\x00-\x20\x7f\"'<>\\]", text):
            raise ValidationError("Not a link: write http:// or https:// and an address.")
        return text


class ContactInCustomer(View):
    """A contact, as a customer shows it."""

    contact_id = ma.fields.Integer()
    customer_id = ma.fields.Integer()
    contact_firstname = ma.fields.String()
    contact_lastname = ma.fields.String()
    contact_email = ma.fields.String()
    contact_phone = ma.fields.String(allow_none=True)
    contact_types = ma.fields.String(metadata={"example": "Primary,Billing"})


class ContactView(ContactInCustomer):
    """A contact, with the user that logs in through it."""

    user_id = ma.fields.Integer(allow_none=True)
    has_user = ma.fields.Boolean()
    created = Moment()
    last_modified = Moment()


class CustomerRow(View):
    """A customer in a list."""

    customer_id = ma.fields.Integer()
    customer_name = ma.fields.String()
    customer_account_type = ma.fields.String()
    customer_status = ma.fields.String()
    customer_payment_type = ma.fields.String()
    customer_enabled = ma.fields.Boolean()
    tax_identifier = ma.fields.String(allow_none=True)
    contract_start_date = Moment(allow_none=True)
    contract_end_date = Moment(allow_none=True)
    customer_notes = ma.fields.String(
        allow_none=True, metadata={"description": "Absent where a customer reads itself"}
    )
    created = Moment()
    last_modified = Moment()


class CustomerView(CustomerRow):
    """A customer with its contacts and the address of its first site."""

    address_line_1 = ma.fields.String(allow_none=True)
    address_line_2 = ma.fields.String(allow_none=True)
    city = ma.fields.String(allow_none=True)
    state = ma.fields.String(allow_none=True)
    zip_code = ma.fields.String(allow_none=True)
    country = ma.fields.String(allow_none=True)
    contacts = ma.fields.List(ma.fields.Nested(ContactInCustomer))


class CustomerInput(Partial):
    """A customer to create or change."""

    READ_ONLY = frozenset(CustomerView._declared_fields)

    customer_name = Line(required=True, min=1, max=255)
    customer_account_type = Choice(AccountType)
    customer_status = Line(min=1, max=40)
    customer_payment_type = Choice(PaymentType)
    customer_enabled = ma.fields.Boolean()
    tax_identifier = Line(max=60, allow_none=True)
    contract_start_date = Moment(allow_none=True)
    contract_end_date = Moment(allow_none=True)
    customer_notes = Text(max=65000, allow_none=True)


class ContactInput(Partial):
    """A contact to create or change; it needs an e-mail or a phone."""

    READ_ONLY = frozenset(ContactView._declared_fields)

    customer_id = ma.fields.Integer(required=True)
    contact_firstname = Line(required=True, max=120)
    contact_lastname = Line(required=True, max=120)
    contact_email = Email(max=254, allow_none=True)
    contact_phone = Phone(max=40, allow_none=True)
    contact_types = ContactTypes(
        metadata={"type": "string", "example": ", ".join(kind.value for kind in ContactType)}
    )


class SiteView(View):
    """A site."""

    site_id = ma.fields.Integer()
    customer_id = ma.fields.Integer()
    site_name = ma.fields.String()
    address_line_1 = ma.fields.String(allow_none=True)
    address_line_2 = ma.fields.String(allow_none=True)
    city = ma.fields.String(allow_none=True)
    state = ma.fields.String(allow_none=True)
    zip_code = ma.fields.String(allow_none=True)
    country = ma.fields.String()
    latitude = ma.fields.Float()
    longitude = ma.fields.Float()
    plus_code = ma.fields.String(metadata={"description": "Open Location Code of the position"})
    google_maps_place_id = ma.fields.String(allow_none=True)
    address_note = ma.fields.String(allow_none=True)
    distance_km = ma.fields.Float(metadata={"description": "Only in a search by radius"})
    created = Moment()
    last_modified = Moment()


class SiteInput(Partial):
    """A site to create or change."""

    READ_ONLY = frozenset(SiteView._declared_fields)

    customer_id = ma.fields.Integer(required=True)
    site_name = Line(max=255)
    address_line_1 = Line(max=255, allow_none=True)
    address_line_2 = Line(max=255, allow_none=True)
    city = Line(max=120, allow_none=True)
    state = Line(max=120, allow_none=True)
    zip_code = Line(max=40, allow_none=True)
    country = Line(max=120, allow_none=True)
    latitude = ma.fields.Float(required=True, validate=validate.Range(-90, 90))
    longitude = ma.fields.Float(required=True, validate=validate.Range(-180, 180))
    plus_code = PlusCode(allow_none=True)
    google_maps_place_id = Line(max=255, allow_none=True)
    address_note = Text(max=65000, allow_none=True)


class AroundSchema(ma.Schema):
    """A point and a radius; all three or none."""

    class Meta:
        unknown = ma.EXCLUDE

    latitude = ma.fields.Float(validate=validate.Range(-90, 90))
    longitude = ma.fields.Float(validate=validate.Range(-180, 180))
    radius_km = ma.fields.Float(
        validate=validate.Range(0, sites.MAX_RADIUS_KM, min_inclusive=False)
    )

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> sites.Around | None:
        if data and len(data) < 3:
            raise ValidationError("latitude, longitude and radius_km go together", "radius_km")
        return sites.Around(**data) if data else None


class AttributeView(View):
    """An attribute; its dates are ``YYYY-MM-DD HH:MM:SS`` in UTC."""

    attribute_id = ma.fields.Integer()
    customer_id = ma.fields.Integer()
    attribute_name = ma.fields.String()
    attribute_value = ma.fields.String()
    created = ma.fields.String(metadata={"example": "2025-01-04 10:30:00"})
    last_modified = ma.fields.String(metadata={"example": "2025-01-04 10:30:00"})


class AttributeInput(Partial):
    """An attribute to put or change."""

    READ_ONLY = frozenset({"attribute_id", "customer_id"})

    customer_id = ma.fields.Integer(required=True)
    attribute_name = Line(required=True, min=1, max=150)
    attribute_value = Loose(required=True, max=150)


class TagView(View):
    """A tag."""

    tag_id = ma.fields.Integer()
    customer_id = ma.fields.Integer()
    tag_text = ma.fields.String()
    tag_hex_color = ma.fields.String(metadata={"example": "FFD700"})
    tag_link = ma.fields.String(allow_none=True)
    tag_active_date = Moment()
    tag_deactivate_date = Moment()
    created = Moment()
    last_modified = Moment()


class TagInput(Partial):
    """A tag to create or change."""

    READ_ONLY = frozenset({"tag_id", "customer_id"})

    customer_id = ma.fields.Integer(required=True)
    tag_text = Line(required=True, min=1, max=255)
    tag_hex_color = Colour(required=True)
    tag_link = WebLink(max=2048, allow_none=True)
    tag_active_date = Moment(required=True)
    tag_deactivate_date = Moment(allow_none=True)


class OwnedQuerySchema(ListQuerySchema):
    """The query of a list; ``customer_id`` is short for a filter."""

    customer_id = ma.fields.Integer()

    @ma.post_load
    def build(self, data: dict[str, Any], **kwargs: Any) -> ListQuery:
        customer_id = data.pop("customer_id", None)
        query: ListQuery = super().build(data, **kwargs)
        if customer_id is None:
            return query
        return replace(query, filters={**query.filters, "customer_id": [customer_id]})


class OwnedPageQuerySchema(OwnedQuerySchema):
    """The query of a list that always comes in pages."""

    @ma.post_load
    def build(self, data: dict[str, Any], **kwargs: Any) -> ListQuery:
        return replace(super().build(data, **kwargs), paged=True)


class ActiveSchema(ma.Schema):
    """Whether only what shows itself now is wanted."""

    class Meta:
        unknown = ma.EXCLUDE

    active_only = ma.fields.Boolean(load_default=False)


class ResultSchema(ma.Schema):
    """What is said when something was done."""

    result = ma.fields.String(metadata={"example": "success"})
