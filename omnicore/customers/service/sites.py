"""Sites: where services are delivered, and which of them are near a point."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from openlocationcode import openlocationcode
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.exc import IntegrityError

from omnicore.customers.errors import SiteInUse
from omnicore.customers.models import Site
from omnicore.customers.service.customers import not_archived, parent, visible
from omnicore.db.listing import Listing, ListQuery, Page, columns_of, page
from omnicore.db.uow import UnitOfWork
from omnicore.sdk.errors import Invalid, NotFound

EARTH_KM = 6371.0088
"""Mean radius of the Earth (IUGG)."""
MAX_RADIUS_KM = 500.0

_NAMES = (
    "site_id",
    "customer_id",
    "site_name",
    "address_line_1",
    "address_line_2",
    "city",
    "state",
    "zip_code",
    "country",
    "latitude",
    "longitude",
    "plus_code",
    "google_maps_place_id",
    "address_note",
    "created",
    "last_modified",
)
SITES = Listing(
    columns=columns_of(Site, *_NAMES),
    key="site_id",
    search=(Site.site_name, Site.address_line_1, Site.city, Site.zip_code, Site.plus_code),
    descending=False,
)


@dataclass(frozen=True, kw_only=True)
class Around:
    """A circle on the globe: WGS 84 degrees and kilometres."""

    latitude: float
    longitude: float
    radius_km: float

    def distance_km(self, latitude: float, longitude: float) -> float:
        """The way along the great circle (haversine), in kilometres."""
        here, there = math.radians(self.latitude), math.radians(latitude)
        across = math.radians(longitude - self.longitude)
        chord = (
            math.sin((there - here) / 2) ** 2
            + math.cos(here) * math.cos(there) * math.sin(across / 2) ** 2
        )
        return 2 * EARTH_KM * math.asin(math.sqrt(min(1.0, chord)))

    def box(self) -> ColumnElement[bool]:
        """Where the circle can lie at most: a condition that the index answers."""
        reach = math.degrees(self.radius_km / EARTH_KM)
        south, north = self.latitude - reach, self.latitude + reach
        band = Site.latitude.between(south, north)
        if south <= -90 or north >= 90:
            return band  # a pole lies inside: every longitude does
        ratio = math.sin(math.radians(reach)) / math.cos(math.radians(self.latitude))
        width = math.degrees(math.asin(min(1.0, ratio)))
        west, east = self.longitude - width, self.longitude + width
        if west < -180:
            sides = or_(Site.longitude >= west + 360, Site.longitude <= east)
        elif east > 180:
            sides = or_(Site.longitude >= west, Site.longitude <= east - 360)
        else:
            sides = Site.longitude.between(west, east)
        return and_(band, sides)


def create(uow: UnitOfWork, values: dict[str, Any]) -> int:
    """Add a site to a customer and return its id; the plus code comes from the position."""
    parent(uow, values["customer_id"])
    values["country"] = values.get("country") or uow.settings.crm.default_country
    site = Site(**values)
    _place(site)
    return uow.add(site).site_id


def update(uow: UnitOfWork, site_id: int, values: dict[str, Any]) -> None:
    """Change a site; what is absent stays."""
    site = uow.get(Site, site_id, lock=True)
    parent(uow, site.customer_id)
    for name, value in values.items():
        setattr(site, name, value)
    site.country = site.country or uow.settings.crm.default_country
    _place(site)
    uow.session.flush()


def delete(uow: UnitOfWork, site_id: int) -> None:
    """Remove a site.

    :raises SiteInUse: when services or other records are linked to it.
    """
    site = uow.get(Site, site_id, lock=True)
    parent(uow, site.customer_id)
    uow.session.delete(site)
    try:
        uow.session.flush()
    except IntegrityError as error:
        raise SiteInUse(f"services or other records are linked to site {site_id}") from error


def read(uow: UnitOfWork, site_id: int) -> dict[str, Any]:
    """One site.

    :raises NotFound: when it is not there or belongs to somebody else.
    """
    statement = select(*SITES.columns.values()).where(Site.site_id == site_id)
    found = uow.session.execute(statement).first()
    if found is None:
        raise NotFound(f"no site {site_id}")
    return found._asdict()


def listing(uow: UnitOfWork, query: ListQuery, customer_id: int | None = None) -> Page:
    """Sites of all listed customers, or of one."""
    where = [not_archived(Site.customer_id)]
    if customer_id is not None:
        where = [Site.customer_id == customer_id]
    return page(uow, SITES, query, *where)


def of_customer(uow: UnitOfWork, customer_id: int, query: ListQuery) -> Page:
    """Sites of one customer.

    :raises NotFound: when it is not there or belongs to somebody else.
    """
    visible(uow, customer_id)
    return listing(uow, query, customer_id)


def near(uow: UnitOfWork, around: Around, query: ListQuery) -> Page:
    """Sites of listed customers within the circle, nearest first, with ``distance_km``."""
    if query.cursor or query.search or query.filters or query.sort:
        raise Invalid("sites near a point come nearest first: only page and per_page apply")
    inside = sorted(within(uow, around))
    first = (query.page - 1) * query.per_page
    wanted = {site_id: km for km, site_id in inside[first : first + query.per_page]}
    statement = select(*SITES.columns.values()).where(Site.site_id.in_(wanted))
    found = {row.site_id: row._asdict() for row in uow.session.execute(statement)}
    rows = [
        found[site_id] | {"distance_km": round(km, 3)}
        for site_id, km in wanted.items()
        if site_id in found
    ]
    return Page(
        rows,
        {
            "current_page": query.page,
            "per_page": query.per_page,
            "total_pages": -(-len(inside) // query.per_page),
            "total_items": len(inside),
            "total_is_capped": False,
            "next_cursor": None,
        },
    )


def within(uow: UnitOfWork, around: Around) -> Iterator[tuple[float, int]]:
    """Distance in km and id of each site in the circle, in no order."""
    statement = select(Site.site_id, Site.latitude, Site.longitude).where(
        around.box(), not_archived(Site.customer_id)
    )
    for site_id, latitude, longitude in uow.session.execute(statement):
        distance = around.distance_km(latitude, longitude)
        if distance <= around.radius_km:
            yield distance, site_id


def check_plus_code(code: str) -> str:
    """A full plus code of 11 characters, or 12 with its padding (guide 10), without padding.

    :raises ValueError: when it is none.
    """
    text = code.strip()
    if len(text) not in (11, 12) or not openlocationcode.isFull(text):
        raise ValueError("not a full plus code, such as 9C3XGV4C+XV")
    return text


def _place(site: Site) -> None:
    """The plus code follows from the position, whatever was sent (guide 10)."""
    site.plus_code = openlocationcode.encode(site.latitude, site.longitude)
