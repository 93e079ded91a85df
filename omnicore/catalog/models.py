"""The product: a template from which services are made."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, validates

from omnicore.db.base import Base, Key, Stamped

ZERO = Decimal(0)


class Category(StrEnum):
    """Where a product is offered (guide 15); says nothing about what is provisioned."""

    STANDALONE = "standalone"
    ADDON = "addon"
    BUNDLE = "bundle"
    PROMO = "promo"


class AutoRenew(StrEnum):
    """What happens at the end of a period: ask the customer, always renew, never renew."""

    PROMPT = "prompt"
    TRUE = "true"
    FALSE = "false"


class Product(Base, Stamped):
    """An offer. Lists (inventory, dependencies, features) are stored as the text that came in."""

    __tablename__ = "product"
    __audit__ = "product"
    __table_args__ = (Index("ix_product_offer", "enabled", "category", "service_type"),)

    product_id: Mapped[int] = mapped_column(Key, primary_key=True)
    product_name: Mapped[str] = mapped_column(String(255), index=True)
    product_slug: Mapped[str] = mapped_column(String(255))
    slug_key: Mapped[str] = mapped_column(String(255), unique=True)
    """The slug in lower case: unique without regard to case on every database."""
    category: Mapped[Category] = mapped_column(String(20))
    service_type: Mapped[str | None] = mapped_column(String(80))
    provisioning_play: Mapped[str | None] = mapped_column(String(1000))
    provisioning_json_vars: Mapped[str | None] = mapped_column(Text)
    inventory_items_list: Mapped[str | None] = mapped_column(Text, default="[]")
    relies_on_list: Mapped[str | None] = mapped_column(Text, default="")
    retail_cost: Mapped[Decimal] = mapped_column(default=ZERO)
    wholesale_cost: Mapped[Decimal] = mapped_column(default=ZERO)
    retail_setup_cost: Mapped[Decimal] = mapped_column(default=ZERO)
    wholesale_setup_cost: Mapped[Decimal] = mapped_column(default=ZERO)
    tax_percentage: Mapped[Decimal] = mapped_column(default=ZERO)
    contract_days: Mapped[int] = mapped_column(default=0)
    residential: Mapped[bool] = mapped_column(default=True)
    business: Mapped[bool] = mapped_column(default=True)
    enabled: Mapped[bool] = mapped_column(default=True)
    customer_can_purchase: Mapped[bool] = mapped_column(default=True)
    available_from: Mapped[datetime | None]
    available_until: Mapped[datetime | None]
    auto_renew: Mapped[AutoRenew] = mapped_column(String(10), default=AutoRenew.FALSE)
    allow_auto_renew: Mapped[bool] = mapped_column(default=True)
    icon: Mapped[str | None] = mapped_column(String(120))
    features_list: Mapped[str | None] = mapped_column(Text)
    terms: Mapped[str | None] = mapped_column(Text)
    comment: Mapped[str | None] = mapped_column(Text)

    __noise__ = frozenset({"created", "last_modified", "slug_key"})

    @validates("product_slug")
    def _keep_key(self, _: str, slug: str) -> str:
        self.slug_key = slug.lower()
        return slug
