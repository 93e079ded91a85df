"""Sites: a position, a plus code, a country, and what is near."""

from __future__ import annotations

import math
import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openlocationcode import openlocationcode
from sqlalchemy.dialects import sqlite

from omnicore.customers.models import Site
from omnicore.customers.service.sites import EARTH_KM, Around
from omnicore.runtime import Runtime
from tests.conftest import Api, People

LONDON = {"latitude": 51.5074, "longitude": -0.1278}


@pytest.fixture
def extra_settings() -> str:
    return "crm: {default_country: Wales}\n"


@pytest.fixture
def admin(people: People) -> Api:
    return people.admin()


@pytest.fixture
def customer_id(admin: Api) -> int:
    made = admin.put("/crm/customer/", {"customer_name": "A"}).json["customer_id"]
    assert isinstance(made, int)
    return made


def test_a_site_goes_through_its_life(admin: Api, customer_id: int) -> None:
    body = LONDON | {"customer_id": customer_id, "site_name": "HQ", "city": "London"}
    made = admin.put("/crm/site/", body).json
    path = f"/crm/site/site_id/{made['site_id']}"
    assert made["plus_code"] == openlocationcode.encode(51.5074, -0.1278)
    assert (made["country"], made["latitude"]) == ("Wales", 51.5074)
    moved = admin.patch(path, {"longitude": "2.3522", "latitude": "48.8566"}).json
    assert moved["plus_code"] == openlocationcode.encode(48.8566, 2.3522)
    assert (moved["site_name"], moved["longitude"]) == ("HQ", 2.3522)
    assert admin.get(path).json == moved
    assert admin.delete(path).json == {"result": "success"}
    assert admin.get(f"/crm/site/customer_id/{customer_id}").json == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"latitude": None}, "latitude"),
        ({"longitude": "west"}, "longitude"),
        ({"latitude": 90.01}, "latitude"),
        ({"longitude": -180.5}, "longitude"),
        ({"latitude": "NaN"}, "latitude"),
        ({"plus_code": "9C3XGV4C+X"}, "plus_code"),
        ({"plus_code": "GV4C+XV London"}, "plus_code"),
    ],
)
def test_a_wrong_site_is_refused_by_field(
    admin: Api, customer_id: int, change: dict[str, object], field: str
) -> None:
    answer = admin.put("/crm/site/", LONDON | {"customer_id": customer_id} | change)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]


@pytest.mark.parametrize("missing", ["latitude", "longitude", "customer_id"])
def test_a_site_needs_a_position_and_a_customer(admin: Api, customer_id: int, missing: str) -> None:
    body = LONDON | {"customer_id": customer_id}
    del body[missing]
    assert admin.put("/crm/site/", body).status_code == 422


def test_a_plus_code_with_padding_is_taken(admin: Api, customer_id: int) -> None:
    body = LONDON | {"customer_id": customer_id, "plus_code": "9C3XGV4C+XV "}
    assert admin.put("/crm/site/", body).json["plus_code"] == "9C3XGV4C+XV"


def test_sites_of_a_customer_start_with_the_first(admin: Api, customer_id: int) -> None:
    for city in ("London", "Paris"):
        admin.put("/crm/site/", LONDON | {"customer_id": customer_id, "city": city})
    rows = admin.get(f"/crm/site/customer_id/{customer_id}").json
    assert [row["city"] for row in rows] == ["London", "Paris"]


def test_a_radius_finds_what_is_inside_nearest_first(admin: Api, customer_id: int) -> None:
    for name, north_km in (("far", 5.1), ("edge", 4.9), ("near", 1.0)):
        latitude = 51.5074 + math.degrees(north_km / EARTH_KM)
        body = LONDON | {"customer_id": customer_id, "site_name": name, "latitude": latitude}
        admin.put("/crm/site/", body)
    found = admin.get("/crm/site/", query_string=LONDON | {"radius_km": 5}).json
    assert [row["site_name"] for row in found["data"]] == ["near", "edge"]
    assert found["data"][0]["distance_km"] == 1.0
    assert found["pagination"]["total_items"] == 2
    second = LONDON | {"radius_km": 5, "page": 2, "per_page": 1}
    paged = admin.get("/crm/site/", query_string=second).json
    assert [row["site_name"] for row in paged["data"]] == ["edge"]


@pytest.mark.parametrize("centre", [179.99, -179.99])
def test_a_radius_crosses_the_date_line(admin: Api, customer_id: int, centre: float) -> None:
    for longitude in (179.95, -179.95, 0):
        site = {"customer_id": customer_id, "latitude": -17, "longitude": longitude}
        admin.put("/crm/site/", site)
    around = {"latitude": -17, "longitude": centre, "radius_km": 20}
    rows = admin.get("/crm/site/", query_string=around).json["data"]
    assert {row["longitude"] for row in rows} == {179.95, -179.95}


@pytest.mark.parametrize(
    "query", [{"radius_km": 5}, LONDON, LONDON | {"radius_km": 0}, LONDON | {"radius_km": 501}]
)
def test_half_a_circle_is_refused(admin: Api, query: dict[str, float]) -> None:
    assert admin.get("/crm/site/", query_string=query).status_code == 422


def test_near_a_point_a_customer_finds_its_own_alone(people: People, runtime: Runtime) -> None:
    anna, a = people.customer("A", "view_own_customer_site")
    _, b = people.customer("B")
    with runtime.db.write() as uow:
        for owner in (a, b):
            uow.add(Site(customer_id=owner, country="UK", **LONDON))
    rows = anna.get("/crm/site/", query_string=LONDON | {"radius_km": 5}).json["data"]
    assert {row["customer_id"] for row in rows} == {a}


angles = st.floats(-1, 1, allow_nan=False)


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(0.1, 500), st.floats(0, 1), angles)
@settings(max_examples=200, deadline=None)
def test_the_box_never_cuts_the_circle(
    latitude: float, longitude: float, radius: float, share: float, turn: float
) -> None:
    around = Around(latitude=latitude, longitude=longitude, radius_km=radius)
    north, east = _point(around, share * 0.999, turn * math.pi)
    assert around.distance_km(north, east) <= radius
    assert _inside(around, north, east)


def _point(around: Around, share: float, bearing: float) -> tuple[float, float]:
    """A point inside the circle, ``share`` of the radius away."""
    reach = share * around.radius_km / EARTH_KM
    here, lon = math.radians(around.latitude), math.radians(around.longitude)
    north = math.asin(
        math.sin(here) * math.cos(reach) + math.cos(here) * math.sin(reach) * math.cos(bearing)
    )
    east = lon + math.atan2(
        math.sin(bearing) * math.sin(reach) * math.cos(here),
        math.cos(reach) - math.sin(here) * math.sin(north),
    )
    return math.degrees(north), (math.degrees(east) + 540) % 360 - 180


def _inside(around: Around, latitude: float, longitude: float) -> bool:
    """What the database would say of the box."""
    text = around.box().compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE customer_site (latitude REAL, longitude REAL)")
        connection.execute("INSERT INTO customer_site VALUES (?, ?)", (latitude, longitude))
        found = connection.execute(f"SELECT count(*) FROM customer_site WHERE {text}").fetchone()
    connection.close()
    return bool(found[0])
