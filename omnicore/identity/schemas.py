"""What goes in and out of the identity room."""

from __future__ import annotations

from typing import Any, ClassVar

import marshmallow as ma
from marshmallow import ValidationError

from omnicore.web.fields import Link, Moment, Partial, Text, View

MAX_NAME = 120


class RoleNames(ma.fields.Field):
    """Role names: ``"Support, Finance"`` or a list; loads as a list of names."""

    def __init__(self, **kwargs: Any) -> None:
        said = {"type": "string", "description": "One role name, or several with commas"}
        super().__init__(metadata=said, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> list[str]:
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
            raise ValidationError("Role names were expected, for example Support,Finance.")
        names = [part.strip() for part in parts if part.strip()]
        if not names:
            raise ValidationError("At least one role is needed.")
        return names


class Email(ma.fields.Email):
    """An e-mail address of at most 254 characters (RFC 5321)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=ma.validate.Length(max=254), **kwargs)


class LoginInput(ma.Schema):
    """What a log-in needs: e-mail address or user name, and the password."""

    class Meta:
        unknown = ma.EXCLUDE

    email = ma.fields.String(validate=ma.validate.Length(1, 254))
    username = ma.fields.String(validate=ma.validate.Length(1, 254))
    password = ma.fields.String(required=True, validate=ma.validate.Length(1, 1024))
    remember_me = ma.fields.Boolean(load_default=False)

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        identifier = data.pop("email", None) or data.pop("username", None)
        if identifier is None:
            raise ValidationError("Missing data for required field.", "email")
        data.pop("username", None)
        return data | {"identifier": identifier}


class RefreshInput(ma.Schema):
    """A refresh token; browsers send it as a cookie instead."""

    class Meta:
        unknown = ma.EXCLUDE

    refresh_token = ma.fields.String(
        load_default=None, allow_none=True, validate=ma.validate.Length(max=500)
    )


class LinkedContact(View):
    """The contact that a login belongs to."""

    contact_id = ma.fields.Integer()
    customer_id = ma.fields.Integer()
    contact_firstname = ma.fields.String()
    contact_lastname = ma.fields.String()
    contact_email = ma.fields.String()


class UserView(View):
    """A user."""

    id = ma.fields.Integer()
    username = ma.fields.String()
    email = ma.fields.String()
    email_verified = ma.fields.Boolean()
    pending_email = ma.fields.String(allow_none=True)
    first_name = ma.fields.String()
    middle_name = ma.fields.String(allow_none=True)
    last_name = ma.fields.String()
    phone_number = ma.fields.String(allow_none=True)
    is_2fa_enabled = ma.fields.Boolean()
    contact_id = ma.fields.Integer(allow_none=True)
    active = ma.fields.Boolean()
    deleted = ma.fields.Boolean()
    deleted_at = Moment(allow_none=True)
    last_login = Moment(allow_none=True)
    login_count = ma.fields.Integer()
    force_change = ma.fields.Boolean()
    created = Moment()
    last_modified = Moment()
    roles = ma.fields.List(ma.fields.String())


class UserDetail(UserView):
    """A user with effective permissions and the linked contact."""

    permissions = ma.fields.List(ma.fields.String())
    contact = ma.fields.Nested(LinkedContact, allow_none=True)
    customer_id = ma.fields.Integer(allow_none=True)


class TokenView(View):
    """Fresh tokens. ``token`` and ``access_token`` are the same."""

    token = ma.fields.String()
    access_token = ma.fields.String()
    refresh_token = ma.fields.String()
    expires_in = ma.fields.Integer(metadata={"description": "Life of the access token, seconds"})


class LoginView(TokenView):
    """A session's first tokens, and who logged in."""

    roles = ma.fields.List(ma.fields.String())
    permissions = ma.fields.List(ma.fields.String())
    user = ma.fields.Nested(UserDetail)


class MeView(View):
    """Who the caller is. ``user`` is null for API keys, trusted addresses and jobs."""

    kind = ma.fields.String()
    label = ma.fields.String()
    user = ma.fields.Nested(UserDetail, allow_none=True)
    roles = ma.fields.List(ma.fields.String())
    permissions = ma.fields.List(ma.fields.String())
    customer_id = ma.fields.Integer(allow_none=True)


class ResultView(View):
    """What was asked for is done."""

    result = ma.fields.String()


_USER_READ_ONLY = frozenset(UserDetail().fields) - {"deleted", "active"}


class _UserInput(Partial):
    READ_ONLY: ClassVar[frozenset[str]] = _USER_READ_ONLY

    first_name = Text(max=MAX_NAME)
    middle_name = Text(max=MAX_NAME, allow_none=True)
    last_name = Text(max=MAX_NAME)
    email = Email()
    phone_number = Text(max=40, allow_none=True)
    role = RoleNames()
    roles = RoleNames()
    contact_id = Link()

    @ma.post_load
    def one_name_for_roles(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if "role" in data:
            data["roles"] = data.pop("role")
        return data


class UserInput(_UserInput):
    """A user to create."""

    username = Text(required=True, min=1, max=MAX_NAME)
    email = Email(required=True)
    password = ma.fields.String(required=True, load_only=True)
    first_name = Text(required=True, max=MAX_NAME)
    last_name = Text(required=True, max=MAX_NAME)

    @ma.validates_schema
    def some_role(self, data: dict[str, Any], **_: Any) -> None:
        if "role" not in data and "roles" not in data:
            raise ValidationError("Missing data for required field.", "role")


class UserChange(_UserInput):
    """What to change of a user; ``role`` replaces all roles, ``deleted`` false restores."""

    active = ma.fields.Boolean()
    deleted = ma.fields.Boolean()


class PermissionView(View):
    """A permission."""

    id = ma.fields.Integer()
    name = ma.fields.String()
    description = ma.fields.String(allow_none=True)


class PermissionInput(Partial):
    """A permission to create or change."""

    READ_ONLY: ClassVar[frozenset[str]] = frozenset({"id"})

    name = Text(
        required=True,
        max=MAX_NAME,
        validate=ma.validate.Regexp(
            r"\s*[A-Za-z][A-Za-z0-9_]*\s*$", error="Letters, digits and underscores only."
        ),
    )
    description = Text(max=2000, allow_none=True)


class MemberView(View):
    """A user as a role shows it."""

    id = ma.fields.Integer()
    username = ma.fields.String()
    email = ma.fields.String()
    first_name = ma.fields.String()
    last_name = ma.fields.String()


class RoleView(View):
    """A role with its permissions and (the first 1,000 of) its users."""

    id = ma.fields.Integer()
    name = ma.fields.String()
    description = ma.fields.String(allow_none=True)
    permissions = ma.fields.List(ma.fields.Nested(PermissionView))
    users = ma.fields.List(ma.fields.Nested(MemberView))


class RoleInput(Partial):
    """A role to create or change."""

    READ_ONLY: ClassVar[frozenset[str]] = frozenset({"id", "permissions", "users"})

    name = Text(
        required=True,
        max=MAX_NAME,
        validate=ma.validate.Regexp(r"\s*[^\s,][^,]*$", error="Must not be blank or hold a comma."),
    )
    description = Text(max=2000, allow_none=True)


class RolePermissionsInput(ma.Schema):
    """One permission, or several."""

    permission_id = ma.fields.Integer()
    permission_ids = ma.fields.List(ma.fields.Integer(), validate=ma.validate.Length(max=1000))

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> list[int]:
        one = [data["permission_id"]] if "permission_id" in data else []
        return one + data.get("permission_ids", [])
