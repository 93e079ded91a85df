"""Items: loaded, read, changed, lost, removed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, delete, select

from omnicore.activity.recorder import record
from omnicore.customers.models import Customer
from omnicore.db.listing import BARE_CAP, Listing, ListQuery, Page, columns_of, page
from omnicore.db.secrets import seal, unseal
from omnicore.db.uow import UnitOfWork
from omnicore.inventory import checks
from omnicore.inventory.errors import InventoryInUse, InventoryTaken
from omnicore.inventory.labels import secret_texts, texts_named
from omnicore.inventory.models import (
    Inventory,
    InventoryHolding,
    InventoryTemplate,
    ItemState,
)
from omnicore.inventory.places import address_key, degrees_of
from omnicore.inventory.service.holding import LINKS, links_of, move, name_of
from omnicore.inventory.service.stock import pickable
from omnicore.inventory.service.templates import template_named
from omnicore.inventory.views import COLUMNS, MASK, STAFF_ONLY, complete, is_staff, shown
from omnicore.sdk.errors import Invalid, NotFound
from omnicore.sdk.events import InventoryLostOrStolen

PURPOSE = "inventory"
_LISTED = tuple(name for name in COLUMNS if name != "config_content")
_SEARCHED = (
    Inventory.itemtext1,
    Inventory.itemtext2,
    Inventory.item,
    Inventory.item_location,
    Inventory.inventory_id,
)
ITEMS = Listing(
    columns=columns_of(Inventory, *_LISTED), key="inventory_id", search=_SEARCHED, descending=False
)
OWN_ITEMS = Listing(
    columns=columns_of(Inventory, *(name for name in _LISTED if name not in STAFF_ONLY)),
    key="inventory_id",
    search=_SEARCHED,
    descending=False,
)


def create(uow: UnitOfWork, values: Mapping[str, Any]) -> Inventory:
    """Load one item; costs come from its template unless given.

    :raises NotFound: when there is no template of that name, or no such customer or service.
    """
    item = build(uow, _template(uow, values), values)
    uow.session.flush()
    return item


def build(uow: UnitOfWork, template: InventoryTemplate, values: Mapping[str, Any]) -> Inventory:
    """An item of a kind that is known already; whoever loads many flushes once."""
    wanted = _named(template, values)
    if not wanted.get("itemtext1"):
        raise Invalid.field("itemtext1", "Missing data for required field.")
    links = {name: wanted.pop(name) for name in LINKS if name in wanted}
    state = wanted.pop("item_state", None)
    item = Inventory(item_state=state or ItemState.NEW, **_stored(uow, wanted))
    item.item, item.inventory_template_id = template.item, template.inventory_template_id
    item.wholesale_cost = wanted.get("wholesale_cost", template.wholesale_cost)
    item.retail_cost = wanted.get("retail_cost", template.retail_cost)
    _conceal(item, template)
    uow.session.add(item)
    if any(value is not None for value in links.values()):
        uow.session.flush()  # the holding needs the item's key
        move(uow, item, *links_of(uow, item, links), state)
    return item


def update(uow: UnitOfWork, inventory_id: int, values: Mapping[str, Any]) -> Inventory:
    """Change an item; what is absent stays. See ``holding.move`` for giving and taking back.

    :raises NotFound: when it is not there or not the caller's.
    :raises InventoryTaken: when an order in progress holds it, unless its own job asks.
    """
    item = find(uow, inventory_id, lock=True)
    _refuse_reserved(uow, item)
    template = _template(uow, {"inventory_template_id": item.inventory_template_id} | _kind(values))
    wanted = _named(template, values)
    links = {name: wanted.pop(name) for name in LINKS if name in wanted}
    state = wanted.pop("item_state", None)
    before = item.item_state
    item.item, item.inventory_template_id = template.item, template.inventory_template_id
    _conceal(item, template)
    for name, value in _stored(uow, wanted).items():
        setattr(item, name, value)
    move(uow, item, *links_of(uow, item, links), state)
    for name in ("sold_date", "quarantined_until"):
        if name in wanted:
            setattr(item, name, wanted[name])
    uow.session.flush()
    _tell(uow, item, before)
    return item


def remove(uow: UnitOfWork, inventory_id: int) -> None:
    """Delete an item that nobody has, with its history; the activity log keeps both.

    :raises InventoryInUse: when a customer, a service or an order has it.
    """
    item = uow.get(Inventory, inventory_id, lock=True)
    _refuse_reserved(uow, item)
    if item.is_held():
        raise InventoryInUse(f"{name_of(item)} is with a customer; release it first")
    _conceal(item, uow.get(InventoryTemplate, item.inventory_template_id))
    uow.session.execute(
        delete(InventoryHolding).where(InventoryHolding.inventory_id == inventory_id)
    )
    uow.session.delete(item)
    uow.session.flush()


def find(uow: UnitOfWork, inventory_id: int, *, lock: bool = False) -> Inventory:
    """An item in the scope, or one that the asking job holds for its order.

    A job that a customer started sees that customer's rows only, and the item that it is to
    hand out belongs to nobody yet.

    :raises NotFound: when it is neither.
    """
    job = uow.actor.provision_id
    with uow.unscoped():
        item = uow.session.get(
            Inventory, inventory_id, with_for_update=lock or None, populate_existing=lock
        )
    scope = uow.scope.customer_id
    if item is not None and (
        scope is None
        or item.customer_id == scope
        or (job is not None and item.reserved_by_provision == job)
    ):
        return item
    raise NotFound(f"no inventory {inventory_id}")


def read(uow: UnitOfWork, inventory_id: int) -> dict[str, Any]:
    """One item as the actor may see it."""
    return shown(uow, find(uow, inventory_id))


def listing(uow: UnitOfWork, query: ListQuery, wanted: Mapping[str, Any]) -> Page:
    """Items; ``available`` for those that an order may choose. Configurations are left out."""
    where: list[ColumnElement[bool]] = [
        getattr(Inventory, name) == wanted[name]
        for name in ("item", "item_state", "item_location", *LINKS)
        if wanted.get(name) is not None
    ]
    if wanted.get("available"):
        where.append(pickable(uow))
    found = page(uow, ITEMS if is_staff(uow.actor) else OWN_ITEMS, query, *where)
    return Page(complete(uow, found.rows), found.pagination)


def each(uow: UnitOfWork, query: ListQuery, wanted: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The rows of ``listing``: the page that was asked for, else all of them."""
    if query.paged:
        yield from listing(uow, query, wanted).rows
        return
    cursor: str | None = ""
    while cursor is not None:
        part = replace(query, paged=True, per_page=BARE_CAP, cursor=cursor)
        found = listing(uow, part, wanted)
        yield from found.rows
        cursor = found.pagination["next_cursor"]


def of_customer(uow: UnitOfWork, customer_id: int, query: ListQuery) -> Page:
    """A customer's items.

    :raises NotFound: when the customer is not there or not the caller's.
    """
    uow.get(Customer, customer_id)
    return listing(uow, query, {"customer_id": customer_id})


def of_service(uow: UnitOfWork, service_id: int, query: ListQuery) -> Page:
    """A service's items.

    :raises NotFound: when the service is not there or not the caller's.
    """
    checks.owner_of_service(uow, service_id)
    return listing(uow, query, {"service_id": service_id})


def history(uow: UnitOfWork, inventory_id: int) -> list[dict[str, Any]]:
    """Who had the item, latest first; customers see their own time with it."""
    find(uow, inventory_id)
    columns = [
        column for column in InventoryHolding.__table__.columns if column.key != "state_before"
    ]
    rows = uow.session.execute(
        select(*(getattr(InventoryHolding, column.key) for column in columns))
        .where(InventoryHolding.inventory_id == inventory_id)
        .order_by(InventoryHolding.holding_id.desc())
    )
    return [dict(row) for row in rows.mappings()]


def reveal_password(uow: UnitOfWork, inventory_id: int) -> dict[str, Any]:
    """The device password in clear; that it was read goes into the activity log."""
    item = find(uow, inventory_id)
    sealed = item.management_password
    record(
        uow,
        "inventory",
        "password_read",
        f"Read the management password of {name_of(item)}",
        customer_id=item.customer_id,
        service_id=item.service_id,
    )
    secret = uow.settings.jwt_secret
    return {
        "inventory_id": item.inventory_id,
        "management_password": unseal(secret, PURPOSE, sealed) if sealed else None,
    }


def _kind(values: Mapping[str, Any]) -> dict[str, Any]:
    """What a change says of the kind; a name alone stands without the present id."""
    said = {name: values[name] for name in ("item", "inventory_template_id") if name in values}
    return {"inventory_template_id": None} | said if "item" in said else said


def _named(template: InventoryTemplate, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values with ``texts``, which go by label, put where they belong; ``itemtextN`` wins.

    :raises Invalid: for a name that is neither a field nor a label.
    """
    named = {name: value for name, value in values.items() if name != "texts"}
    try:
        return texts_named(template, values.get("texts", {})) | named
    except KeyError as error:
        raise Invalid.field(error.args[0], "Unknown field.") from error


def _template(uow: UnitOfWork, values: Mapping[str, Any]) -> InventoryTemplate:
    """The kind by name and, where the client sends both, the same by id."""
    template_id = values.get("inventory_template_id")
    if "item" not in values:
        return uow.get(InventoryTemplate, template_id)
    template = template_named(uow, values["item"])
    if template_id not in (None, template.inventory_template_id):
        raise Invalid.field("inventory_template_id", f"is not the template {template.item!r}")
    return template


def _stored(uow: UnitOfWork, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as the columns hold them: password sealed, place searchable."""
    stored = {
        name: value
        for name, value in values.items()
        if name not in ("item", "inventory_template_id")
    }
    password = stored.get("management_password")
    if password == MASK:  # a form sends back what it was shown
        del stored["management_password"]
    elif password:
        stored["management_password"] = seal(uow.settings.jwt_secret, PURPOSE, password)
    if "address_line_1" in stored:
        stored["address_key"] = address_key(stored["address_line_1"])
    for name, limit in (("latitude", 90.0), ("longitude", 180.0)):
        if name in stored:
            stored[f"point_{name}"] = degrees_of(stored[name], limit)
    return stored


def _conceal(item: Inventory, template: InventoryTemplate) -> None:
    """Keep keys of a SIM out of the activity log as passwords are; see ``Base.__secret__``."""
    hidden = type(item).__secret__ | secret_texts(template)
    item.__dict__["__secret__"] = hidden


def _refuse_reserved(uow: UnitOfWork, item: Inventory) -> None:
    if item.reserved_by_provision not in (None, uow.actor.provision_id):
        raise InventoryTaken(
            f"{name_of(item)} is held for provisioning job {item.reserved_by_provision}",
            inventory_id=item.inventory_id,
        )


def _tell(uow: UnitOfWork, item: Inventory, before: ItemState) -> None:
    """Lost is for an audit, Stolen for a report to security (guide 6)."""
    actions = {ItemState.LOST: "audit", ItemState.STOLEN: "security_report"}
    if item.item_state == before or item.item_state not in actions:
        return
    record(
        uow,
        "inventory",
        actions[item.item_state],
        f"{name_of(item)} was marked {item.item_state}; it was {before}",
        customer_id=item.customer_id,
        service_id=item.service_id,
    )
    uow.emit(InventoryLostOrStolen(inventory_id=item.inventory_id, state=item.item_state))
