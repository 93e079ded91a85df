"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from omnicore.activity import ddl
from omnicore.db.base import Amount, UtcDateTime

revision = "core_0001"
down_revision = None
branch_labels = ("core",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_epoch",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("epoch", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_epoch")),
    )
    op.create_table(
        "activity_head",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("row_hash", sa.String(length=64), nullable=False),
        sa.Column("entries", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_head")),
    )
    op.create_table(
        "customer",
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("customer_name", sa.String(length=255), nullable=False),
        sa.Column("customer_account_type", sa.String(length=20), nullable=False),
        sa.Column("customer_status", sa.String(length=40), nullable=False),
        sa.Column("customer_payment_type", sa.String(length=20), nullable=False),
        sa.Column("customer_enabled", sa.Boolean(), nullable=False),
        sa.Column("tax_identifier", sa.String(length=60), nullable=True),
        sa.Column("contract_start_date", UtcDateTime(), nullable=True),
        sa.Column("contract_end_date", UtcDateTime(), nullable=True),
        sa.Column(
            "customer_notes",
            sa.Text()
            .with_variant(mysql.MEDIUMTEXT(), "mariadb")
            .with_variant(mysql.MEDIUMTEXT(), "mysql"),
            nullable=True,
        ),
        sa.Column("archived_at", UtcDateTime(), nullable=True),
        sa.Column("status_before_archive", sa.String(length=40), nullable=True),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("last_modified", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_customer")),
    )
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_customer_customer_name"), ["customer_name"], unique=False
        )
        batch_op.create_index(
            "ix_customer_status_order", ["customer_status", "customer_id"], unique=False
        )

    op.create_table(
        "customer_activity",
        sa.Column(
            "activity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "service_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "impersonating_user_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("entity_id", sa.String(length=60), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("ip_address", sa.String(length=64), nullable=True),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("row_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("activity_id", name=op.f("pk_customer_activity")),
        sa.UniqueConstraint("row_hash", name=op.f("uq_customer_activity_row_hash")),
    )
    with op.batch_alter_table("customer_activity", schema=None) as batch_op:
        batch_op.create_index(
            "ix_customer_activity_customer_order", ["customer_id", "activity_id"], unique=False
        )
        batch_op.create_index(
            "ix_customer_activity_kind_order", ["kind", "activity_id"], unique=False
        )
        batch_op.create_index(
            "ix_customer_activity_service_order", ["service_id", "activity_id"], unique=False
        )

    op.create_table(
        "idempotency_record",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("content_type", sa.String(length=80), nullable=True),
        sa.Column(
            "body",
            sa.LargeBinary()
            .with_variant(mysql.MEDIUMBLOB(), "mariadb")
            .with_variant(mysql.MEDIUMBLOB(), "mysql"),
            nullable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_record")),
        sa.UniqueConstraint("actor", "key", name=op.f("uq_idempotency_record_actor_key")),
    )
    op.create_table(
        "inventory_template",
        sa.Column(
            "inventory_template_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "item",
            sa.String(length=255)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=255), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=255), "mysql"),
            nullable=False,
        ),
        sa.Column("icon", sa.String(length=120), nullable=True),
        sa.Column("wholesale_cost", Amount(), nullable=False),
        sa.Column("retail_cost", Amount(), nullable=False),
        sa.Column("itemtext1_label", sa.String(length=120), nullable=False),
        sa.Column("itemtext2_label", sa.String(length=120), nullable=False),
        sa.Column("itemtext3_label", sa.String(length=120), nullable=True),
        sa.Column("itemtext4_label", sa.String(length=120), nullable=True),
        sa.Column("itemtext5_label", sa.String(length=120), nullable=True),
        sa.Column("itemtext6_label", sa.String(length=120), nullable=True),
        sa.Column("itemtext7_label", sa.String(length=120), nullable=True),
        sa.Column("itemtext8_label", sa.String(length=120), nullable=True),
        sa.Column("itemtext9_label", sa.String(length=120), nullable=True),
        sa.Column("itemtext10_label", sa.String(length=120), nullable=True),
        sa.Column("itemtext11_label", sa.String(length=120), nullable=True),
        sa.Column("itemtext12_label", sa.String(length=120), nullable=True),
        sa.Column("itemtext13_label", sa.String(length=120), nullable=True),
        sa.Column("itemtext14_label", sa.String(length=120), nullable=True),
        sa.Column("itemtext15_label", sa.String(length=120), nullable=True),
        sa.Column("itemtext16_label", sa.String(length=120), nullable=True),
        sa.Column("itemtext17_label", sa.String(length=120), nullable=True),
        sa.Column("itemtext18_label", sa.String(length=120), nullable=True),
        sa.Column("itemtext19_label", sa.String(length=120), nullable=True),
        sa.Column("itemtext20_label", sa.String(length=120), nullable=True),
        sa.Column("allow_dropdown_staff", sa.Boolean(), nullable=False),
        sa.Column("allow_dropdown_customer", sa.Boolean(), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("last_modified", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("inventory_template_id", name=op.f("pk_inventory_template")),
        sa.UniqueConstraint("item", name=op.f("uq_inventory_template_item")),
    )
    op.create_table(
        "job",
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("queue", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("dedupe_key", sa.String(length=190), nullable=True),
        sa.Column("run_at", UtcDateTime(), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(length=80), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_job")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_job_dedupe_key")),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index("ix_job_claim", ["state", "queue", "run_at", "job_id"], unique=False)
        batch_op.create_index("ix_job_lease", ["state", "lease_until"], unique=False)

    op.create_table(
        "outbox",
        sa.Column(
            "outbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("subscriber", sa.String(length=120), nullable=False),
        sa.Column("event_name", sa.String(length=80), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("delivered_at", UtcDateTime(), nullable=True),
        sa.Column("dead", sa.Boolean(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("outbox_id", name=op.f("pk_outbox")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_due", ["delivered_at", "dead", "due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_event_id"), ["event_id"], unique=False)

    op.create_table(
        "permission",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "name",
            sa.String(length=120)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_general_ci", length=120), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_general_ci", length=120), "mysql")
            .with_variant(sa.String(length=120, collation="NOCASE"), "sqlite"),
            nullable=False,
        ),
        sa.Column("description", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permission")),
        sa.UniqueConstraint("name", name=op.f("uq_permission_name")),
    )
    op.create_table(
        "product",
        sa.Column(
            "product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("product_name", sa.String(length=255), nullable=False),
        sa.Column("product_slug", sa.String(length=255), nullable=False),
        sa.Column("slug_key", sa.String(length=255), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("service_type", sa.String(length=80), nullable=True),
        sa.Column("provisioning_play", sa.String(length=1000), nullable=True),
        sa.Column("provisioning_json_vars", sa.Text(), nullable=True),
        sa.Column("inventory_items_list", sa.Text(), nullable=True),
        sa.Column("relies_on_list", sa.Text(), nullable=True),
        sa.Column("retail_cost", Amount(), nullable=False),
        sa.Column("wholesale_cost", Amount(), nullable=False),
        sa.Column("retail_setup_cost", Amount(), nullable=False),
        sa.Column("wholesale_setup_cost", Amount(), nullable=False),
        sa.Column("tax_percentage", Amount(), nullable=False),
        sa.Column("contract_days", sa.Integer(), nullable=False),
        sa.Column("residential", sa.Boolean(), nullable=False),
        sa.Column("business", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("customer_can_purchase", sa.Boolean(), nullable=False),
        sa.Column("available_from", UtcDateTime(), nullable=True),
        sa.Column("available_until", UtcDateTime(), nullable=True),
        sa.Column("auto_renew", sa.String(length=10), nullable=False),
        sa.Column("allow_auto_renew", sa.Boolean(), nullable=False),
        sa.Column("icon", sa.String(length=120), nullable=True),
        sa.Column("features_list", sa.Text(), nullable=True),
        sa.Column("terms", sa.Text(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("last_modified", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_product")),
        sa.UniqueConstraint("slug_key", name=op.f("uq_product_slug_key")),
    )
    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.create_index(
            "ix_product_offer", ["enabled", "category", "service_type"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_product_product_name"), ["product_name"], unique=False)

    op.create_table(
        "role",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "name",
            sa.String(length=120)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_general_ci", length=120), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_general_ci", length=120), "mysql")
            .with_variant(sa.String(length=120, collation="NOCASE"), "sqlite"),
            nullable=False,
        ),
        sa.Column("description", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role")),
        sa.UniqueConstraint("name", name=op.f("uq_role_name")),
    )
    op.create_table(
        "schedule",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("next_run", UtcDateTime(), nullable=False),
        sa.Column("last_run", UtcDateTime(), nullable=True),
        sa.Column("lease_owner", sa.String(length=80), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_schedule")),
    )
    op.create_table(
        "user",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "username",
            sa.String(length=120)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_general_ci", length=120), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_general_ci", length=120), "mysql")
            .with_variant(sa.String(length=120, collation="NOCASE"), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "email",
            sa.String(length=254)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_general_ci", length=254), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_general_ci", length=254), "mysql")
            .with_variant(sa.String(length=254, collation="NOCASE"), "sqlite"),
            nullable=False,
        ),
        sa.Column("email_verified", sa.Boolean(), nullable=False),
        sa.Column("pending_email", sa.String(length=254), nullable=True),
        sa.Column("password_hash", sa.String(length=120), nullable=False),
        sa.Column("first_name", sa.String(length=120), nullable=False),
        sa.Column("middle_name", sa.String(length=120), nullable=True),
        sa.Column("last_name", sa.String(length=120), nullable=False),
        sa.Column("phone_number", sa.String(length=40), nullable=True),
        sa.Column("is_2fa_enabled", sa.Boolean(), nullable=False),
        sa.Column("totp_secret", sa.String(length=255), nullable=True),
        sa.Column("backup_codes", sa.JSON(), nullable=True),
        sa.Column(
            "contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("last_login", UtcDateTime(), nullable=True),
        sa.Column("login_count", sa.Integer(), nullable=False),
        sa.Column("force_change", sa.Boolean(), nullable=False),
        sa.Column("failed_login_attempts", sa.Integer(), nullable=False),
        sa.Column("locked_until", UtcDateTime(), nullable=True),
        sa.Column("notification_preferences", sa.JSON(), nullable=True),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("last_modified", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("email", name=op.f("uq_user_email")),
        sa.UniqueConstraint("username", name=op.f("uq_user_username")),
    )
    with op.batch_alter_table("user", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_contact_id"), ["contact_id"], unique=False)

    op.create_table(
        "customer_attribute",
        sa.Column(
            "attribute_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "attribute_name",
            sa.String(length=150)
            .with_variant(
                mysql.VARCHAR(charset="utf8mb4", collation="utf8mb4_bin", length=150), "mariadb"
            )
            .with_variant(
                mysql.VARCHAR(charset="utf8mb4", collation="utf8mb4_bin", length=150), "mysql"
            ),
            nullable=False,
        ),
        sa.Column("attribute_value", sa.String(length=150), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("last_modified", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.customer_id"],
            name=op.f("fk_customer_attribute_customer_id"),
        ),
        sa.PrimaryKeyConstraint("attribute_id", name=op.f("pk_customer_attribute")),
        sa.UniqueConstraint(
            "customer_id",
            "attribute_name",
            name=op.f("uq_customer_attribute_customer_id_attribute_name"),
        ),
    )
    op.create_table(
        "customer_contact",
        sa.Column(
            "contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("contact_firstname", sa.String(length=120), nullable=False),
        sa.Column("contact_lastname", sa.String(length=120), nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=False),
        sa.Column("contact_phone", sa.String(length=40), nullable=True),
        sa.Column("contact_phone_digits", sa.String(length=40), nullable=True),
        sa.Column("contact_types", sa.String(length=255), nullable=False),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("last_modified", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.customer_id"], name=op.f("fk_customer_contact_customer_id")
        ),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_customer_contact")),
    )
    with op.batch_alter_table("customer_contact", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_customer_contact_contact_email"), ["contact_email"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_customer_contact_contact_phone_digits"),
            ["contact_phone_digits"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_customer_contact_customer_id"), ["customer_id"], unique=False
        )

    op.create_table(
        "customer_site",
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("site_name", sa.String(length=255), nullable=False),
        sa.Column("address_line_1", sa.String(length=255), nullable=True),
        sa.Column("address_line_2", sa.String(length=255), nullable=True),
        sa.Column("city", sa.String(length=120), nullable=True),
        sa.Column("state", sa.String(length=120), nullable=True),
        sa.Column("zip_code", sa.String(length=40), nullable=True),
        sa.Column("country", sa.String(length=120), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("plus_code", sa.String(length=20), nullable=True),
        sa.Column("google_maps_place_id", sa.String(length=255), nullable=True),
        sa.Column(
            "address_note",
            sa.Text()
            .with_variant(mysql.MEDIUMTEXT(), "mariadb")
            .with_variant(mysql.MEDIUMTEXT(), "mysql"),
            nullable=True,
        ),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("last_modified", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.customer_id"], name=op.f("fk_customer_site_customer_id")
        ),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_customer_site")),
    )
    with op.batch_alter_table("customer_site", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_customer_site_customer_id"), ["customer_id"], unique=False
        )
        batch_op.create_index("ix_customer_site_position", ["latitude", "longitude"], unique=False)

    op.create_table(
        "customer_tag",
        sa.Column("tag_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tag_text", sa.String(length=255), nullable=False),
        sa.Column("tag_hex_color", sa.String(length=7), nullable=False),
        sa.Column("tag_link", sa.String(length=2048), nullable=True),
        sa.Column("tag_active_date", UtcDateTime(), nullable=False),
        sa.Column("tag_deactivate_date", UtcDateTime(), nullable=False),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("last_modified", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.customer_id"], name=op.f("fk_customer_tag_customer_id")
        ),
        sa.PrimaryKeyConstraint("tag_id", name=op.f("pk_customer_tag")),
    )
    with op.batch_alter_table("customer_tag", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_customer_tag_customer_id"), ["customer_id"], unique=False
        )

    op.create_table(
        "inventory",
        sa.Column(
            "inventory_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "item",
            sa.String(length=255)
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=255), "mariadb")
            .with_variant(mysql.VARCHAR(collation="utf8mb4_bin", length=255), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "inventory_template_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "service_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("item_location", sa.String(length=255), nullable=True),
        sa.Column("item_state", sa.String(length=20), nullable=False),
        sa.Column("itemtext1", sa.String(length=255), nullable=False),
        sa.Column("itemtext2", sa.String(length=255), nullable=True),
        sa.Column("itemtext3", sa.String(length=255), nullable=True),
        sa.Column("itemtext4", sa.String(length=255), nullable=True),
        sa.Column("itemtext5", sa.String(length=255), nullable=True),
        sa.Column("itemtext6", sa.String(length=255), nullable=True),
        sa.Column("itemtext7", sa.String(length=255), nullable=True),
        sa.Column("itemtext8", sa.String(length=255), nullable=True),
        sa.Column("itemtext9", sa.String(length=255), nullable=True),
        sa.Column("itemtext10", sa.String(length=255), nullable=True),
        sa.Column("itemtext11", sa.String(length=255), nullable=True),
        sa.Column("itemtext12", sa.String(length=255), nullable=True),
        sa.Column("itemtext13", sa.String(length=255), nullable=True),
        sa.Column("itemtext14", sa.String(length=255), nullable=True),
        sa.Column("itemtext15", sa.String(length=255), nullable=True),
        sa.Column("itemtext16", sa.String(length=255), nullable=True),
        sa.Column("itemtext17", sa.String(length=255), nullable=True),
        sa.Column("itemtext18", sa.String(length=255), nullable=True),
        sa.Column("itemtext19", sa.String(length=255), nullable=True),
        sa.Column("itemtext20", sa.String(length=255), nullable=True),
        sa.Column("wholesale_cost", Amount(), nullable=False),
        sa.Column("retail_cost", Amount(), nullable=False),
        sa.Column("sold_date", UtcDateTime(), nullable=True),
        sa.Column("address_line_1", sa.String(length=255), nullable=True),
        sa.Column("address_line_2", sa.String(length=255), nullable=True),
        sa.Column("city", sa.String(length=120), nullable=True),
        sa.Column("state", sa.String(length=120), nullable=True),
        sa.Column("zip_code", sa.String(length=40), nullable=True),
        sa.Column("country", sa.String(length=120), nullable=True),
        sa.Column("google_maps_place_id", sa.String(length=255), nullable=True),
        sa.Column("plus_code", sa.String(length=120), nullable=True),
        sa.Column("latitude", sa.String(length=40), nullable=True),
        sa.Column("longitude", sa.String(length=40), nullable=True),
        sa.Column("point_latitude", sa.Double(), nullable=True),
        sa.Column("point_longitude", sa.Double(), nullable=True),
        sa.Column("address_key", sa.String(length=255), nullable=True),
        sa.Column("management_url", sa.String(length=2048), nullable=True),
        sa.Column("management_username", sa.String(length=255), nullable=True),
        sa.Column("management_password", sa.String(length=2048), nullable=True),
        sa.Column(
            "config_content",
            sa.Text()
            .with_variant(mysql.MEDIUMTEXT(), "mariadb")
            .with_variant(mysql.MEDIUMTEXT(), "mysql"),
            nullable=True,
        ),
        sa.Column("config_file_path", sa.String(length=1024), nullable=True),
        sa.Column("inventory_notes", sa.Text(), nullable=True),
        sa.Column("quarantined_until", UtcDateTime(), nullable=True),
        sa.Column(
            "reserved_by_provision",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("last_modified", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.customer_id"], name=op.f("fk_inventory_customer_id")
        ),
        sa.ForeignKeyConstraint(
            ["inventory_template_id"],
            ["inventory_template.inventory_template_id"],
            name=op.f("fk_inventory_inventory_template_id"),
        ),
        sa.PrimaryKeyConstraint("inventory_id", name=op.f("pk_inventory")),
    )
    with op.batch_alter_table("inventory", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inventory_address_key"), ["address_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_inventory_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_inventory_inventory_template_id"),
            ["inventory_template_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_inventory_item_location"), ["item_location"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_inventory_itemtext1"), ["itemtext1"], unique=False)
        batch_op.create_index(batch_op.f("ix_inventory_itemtext2"), ["itemtext2"], unique=False)
        batch_op.create_index(
            "ix_inventory_point", ["point_latitude", "point_longitude"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_inventory_reserved_by_provision"),
            ["reserved_by_provision"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_inventory_service_id"), ["service_id"], unique=False)
        batch_op.create_index(
            "ix_inventory_stock", ["item", "item_state", "customer_id", "service_id"], unique=False
        )

    op.create_table(
        "login_session",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("expires", UtcDateTime(), nullable=False),
        sa.Column("last_used", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("end_reason", sa.String(length=60), nullable=True),
        sa.Column("remember_me", sa.Boolean(), nullable=False),
        sa.Column("ip", sa.String(length=64), nullable=False),
        sa.Column("user_agent", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_login_session_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
    )
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_session_user_id"), ["user_id"], unique=False)

    op.create_table(
        "provision",
        sa.Column(
            "provision_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "service_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("provisioning_play", sa.String(length=200), nullable=False),
        sa.Column("playbook_description", sa.String(length=500), nullable=False),
        sa.Column(
            "provisioning_json_vars",
            sa.Text()
            .with_variant(mysql.MEDIUMTEXT(), "mariadb")
            .with_variant(mysql.MEDIUMTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("provisioning_status", sa.SmallInteger(), nullable=False),
        sa.Column("task_count", sa.Integer(), nullable=False),
        sa.Column(
            "initiating_user", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("initiated_by", sa.String(length=120), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("provisioner", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("cleanup", sa.String(length=12), nullable=False),
        sa.Column("cleanup_notes", sa.JSON(), nullable=True),
        sa.Column("retry_of", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "chain_parent", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("chain_rest", sa.JSON(), nullable=True),
        sa.Column(
            "scope_customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("callback", sa.String(length=20), nullable=True),
        sa.Column(
            "sealed_vars",
            sa.Text()
            .with_variant(mysql.MEDIUMTEXT(), "mariadb")
            .with_variant(mysql.MEDIUMTEXT(), "mysql"),
            nullable=True,
        ),
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("last_modified", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.customer_id"], name=op.f("fk_provision_customer_id")
        ),
        sa.PrimaryKeyConstraint("provision_id", name=op.f("pk_provision")),
    )
    with op.batch_alter_table("provision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_provision_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_provision_product_id"), ["product_id"], unique=False)
        batch_op.create_index(
            "ix_provision_recent", ["service_id", "product_id", "created"], unique=False
        )
        batch_op.create_index(
            "ix_provision_status_order", ["provisioning_status", "provision_id"], unique=False
        )

    op.create_table(
        "role_permission",
        sa.Column("role_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "permission_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["permission_id"],
            ["permission.id"],
            name=op.f("fk_role_permission_permission_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["role_id"], ["role.id"], name=op.f("fk_role_permission_role_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("role_id", "permission_id", name=op.f("pk_role_permission")),
    )
    op.create_table(
        "user_role",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["role_id"], ["role.id"], name=op.f("fk_user_role_role_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_user_role_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "role_id", name=op.f("pk_user_role")),
    )
    op.create_table(
        "communication",
        sa.Column(
            "communication_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("template", sa.String(length=80), nullable=True),
        sa.Column("recipient", sa.String(length=320), nullable=False),
        sa.Column("recipient_name", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column(
            "body",
            sa.Text()
            .with_variant(mysql.MEDIUMTEXT(), "mariadb")
            .with_variant(mysql.MEDIUMTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column(
            "html",
            sa.Text()
            .with_variant(mysql.MEDIUMTEXT(), "mariadb")
            .with_variant(mysql.MEDIUMTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("variables", sa.JSON(), nullable=True),
        sa.Column(
            "sealed",
            sa.Text()
            .with_variant(mysql.MEDIUMTEXT(), "mariadb")
            .with_variant(mysql.MEDIUMTEXT(), "mysql"),
            nullable=True,
        ),
        sa.Column("has_secrets", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("reference", sa.String(length=255), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("last_modified", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["customer_contact.contact_id"],
            name=op.f("fk_communication_contact_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.customer_id"], name=op.f("fk_communication_customer_id")
        ),
        sa.PrimaryKeyConstraint("communication_id", name=op.f("pk_communication")),
        sa.UniqueConstraint("key", name=op.f("uq_communication_key")),
    )
    with op.batch_alter_table("communication", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_communication_contact_id"), ["contact_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_communication_customer_id"), ["customer_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_communication_recipient"), ["recipient"], unique=False)
        batch_op.create_index(
            "ix_communication_status_order", ["status", "communication_id"], unique=False
        )

    op.create_table(
        "customer_service",
        sa.Column(
            "service_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "bundled_parent", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("service_name", sa.String(length=255), nullable=False),
        sa.Column("service_type", sa.String(length=60), nullable=False),
        sa.Column("service_uuid", sa.String(length=120), nullable=False),
        sa.Column("service_status", sa.String(length=40), nullable=False),
        sa.Column("icon", sa.String(length=120), nullable=True),
        sa.Column("service_provisioned_date", UtcDateTime(), nullable=True),
        sa.Column("service_active_date", UtcDateTime(), nullable=True),
        sa.Column("service_deactivate_date", UtcDateTime(), nullable=True),
        sa.Column("contract_end_date", UtcDateTime(), nullable=True),
        sa.Column("retail_cost", Amount(), nullable=False),
        sa.Column("wholesale_cost", Amount(), nullable=False),
        sa.Column("service_billed", sa.Boolean(), nullable=False),
        sa.Column("service_taxable", sa.Boolean(), nullable=False),
        sa.Column("invoiced", sa.Boolean(), nullable=False),
        sa.Column("promo_code", sa.String(length=120), nullable=True),
        sa.Column("service_visible_to_customer", sa.Boolean(), nullable=False),
        sa.Column("service_usage_visible_to_customer", sa.Boolean(), nullable=False),
        sa.Column("provisioning_play", sa.String(length=1000), nullable=True),
        sa.Column(
            "provisioning_json_vars",
            sa.Text()
            .with_variant(mysql.MEDIUMTEXT(), "mariadb")
            .with_variant(mysql.MEDIUMTEXT(), "mysql"),
            nullable=True,
        ),
        sa.Column("deprovisioning_play", sa.String(length=1000), nullable=True),
        sa.Column(
            "deprovisioning_json_vars",
            sa.Text()
            .with_variant(mysql.MEDIUMTEXT(), "mariadb")
            .with_variant(mysql.MEDIUMTEXT(), "mysql"),
            nullable=True,
        ),
        sa.Column("service_notes", sa.Text(), nullable=True),
        sa.Column(
            "created_by_provision",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("last_modified", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bundled_parent"],
            ["customer_service.service_id"],
            name=op.f("fk_customer_service_bundled_parent"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.customer_id"], name=op.f("fk_customer_service_customer_id")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.product_id"], name=op.f("fk_customer_service_product_id")
        ),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["customer_site.site_id"],
            name=op.f("fk_customer_service_site_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("service_id", name=op.f("pk_customer_service")),
        sa.UniqueConstraint("service_uuid", name=op.f("uq_customer_service_service_uuid")),
    )
    with op.batch_alter_table("customer_service", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_customer_service_bundled_parent"), ["bundled_parent"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_customer_service_created_by_provision"),
            ["created_by_provision"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_customer_service_customer_id"), ["customer_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_customer_service_product_id"), ["product_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_customer_service_site_id"), ["site_id"], unique=False)
        batch_op.create_index(
            "ix_customer_service_status_order", ["service_status", "service_id"], unique=False
        )

    op.create_table(
        "inventory_holding",
        sa.Column(
            "holding_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "inventory_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "service_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "provision_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("state_before", sa.String(length=20), nullable=False),
        sa.Column("held_from", UtcDateTime(), nullable=False),
        sa.Column("held_until", UtcDateTime(), nullable=True),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.customer_id"], name=op.f("fk_inventory_holding_customer_id")
        ),
        sa.ForeignKeyConstraint(
            ["inventory_id"],
            ["inventory.inventory_id"],
            name=op.f("fk_inventory_holding_inventory_id"),
        ),
        sa.PrimaryKeyConstraint("holding_id", name=op.f("pk_inventory_holding")),
    )
    with op.batch_alter_table("inventory_holding", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_inventory_holding_customer_id"), ["customer_id"], unique=False
        )
        batch_op.create_index(
            "ix_inventory_holding_open", ["inventory_id", "held_until"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_inventory_holding_provision_id"), ["provision_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_inventory_holding_service_id"), ["service_id"], unique=False
        )

    op.create_table(
        "provision_event",
        sa.Column(
            "provision_event_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "provision_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("event_number", sa.Integer(), nullable=False),
        sa.Column("item", sa.Integer(), nullable=False),
        sa.Column("event_name", sa.String(length=500), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("task_action", sa.String(length=120), nullable=False),
        sa.Column("provisioning_status", sa.SmallInteger(), nullable=False),
        sa.Column(
            "provisioning_result_json",
            sa.Text()
            .with_variant(mysql.MEDIUMTEXT(), "mariadb")
            .with_variant(mysql.MEDIUMTEXT(), "mysql"),
            nullable=False,
        ),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.customer_id"], name=op.f("fk_provision_event_customer_id")
        ),
        sa.ForeignKeyConstraint(
            ["provision_id"],
            ["provision.provision_id"],
            name=op.f("fk_provision_event_provision_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("provision_event_id", name=op.f("pk_provision_event")),
        sa.UniqueConstraint(
            "provision_id",
            "kind",
            "event_number",
            "item",
            name=op.f("uq_provision_event_provision_id_kind_event_number_item"),
        ),
    )
    with op.batch_alter_table("provision_event", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_provision_event_customer_id"), ["customer_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_provision_event_provision_id"), ["provision_id"], unique=False
        )

    op.create_table(
        "refresh_token",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "session_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["login_session.id"], name=op.f("fk_refresh_token_session_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_refresh_token_token_hash")),
    )
    with op.batch_alter_table("refresh_token", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_refresh_token_session_id"), ["session_id"], unique=False
        )

    op.create_table(
        "customer_transaction",
        sa.Column(
            "transaction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "invoice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "service_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("site_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("retail_cost", Amount(), nullable=False),
        sa.Column("wholesale_cost", Amount(), nullable=True),
        sa.Column("tax_percentage", Amount(), nullable=False),
        sa.Column("tax_amount", Amount(), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("transaction_date", sa.Date(), nullable=False),
        sa.Column("credit_type", sa.String(length=20), nullable=True),
        sa.Column(
            "created_by_provision",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("last_modified", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.customer_id"],
            name=op.f("fk_customer_transaction_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["product.product_id"],
            name=op.f("fk_customer_transaction_product_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["customer_service.service_id"],
            name=op.f("fk_customer_transaction_service_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["customer_site.site_id"],
            name=op.f("fk_customer_transaction_site_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("transaction_id", name=op.f("pk_customer_transaction")),
    )
    with op.batch_alter_table("customer_transaction", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_customer_transaction_created_by_provision"),
            ["created_by_provision"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_customer_transaction_customer_id"), ["customer_id"], unique=False
        )
        batch_op.create_index(
            "ix_customer_transaction_day", ["transaction_date", "transaction_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_customer_transaction_invoice_id"), ["invoice_id"], unique=False
        )
        batch_op.create_index(
            "ix_customer_transaction_open", ["customer_id", "invoice_id", "void"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_customer_transaction_product_id"), ["product_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_customer_transaction_service_id"), ["service_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_customer_transaction_site_id"), ["site_id"], unique=False
        )

    # Nobody edits the activity log, whoever holds the connection; they go with the table.
    for statement in ddl.triggers(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("customer_transaction")
    op.drop_table("refresh_token")
    op.drop_table("provision_event")
    op.drop_table("inventory_holding")
    op.drop_table("customer_service")
    op.drop_table("communication")
    op.drop_table("user_role")
    op.drop_table("role_permission")
    op.drop_table("provision")
    op.drop_table("login_session")
    op.drop_table("inventory")
    op.drop_table("customer_tag")
    op.drop_table("customer_site")
    op.drop_table("customer_contact")
    op.drop_table("customer_attribute")
    op.drop_table("user")
    op.drop_table("schedule")
    op.drop_table("role")
    op.drop_table("product")
    op.drop_table("permission")
    op.drop_table("outbox")
    op.drop_table("job")
    op.drop_table("inventory_template")
    op.drop_table("idempotency_record")
    op.drop_table("customer_activity")
    op.drop_table("customer")
    op.drop_table("activity_head")
    op.drop_table("access_epoch")
