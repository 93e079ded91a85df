"""Migrations of the core and of each plugin: up, down and where they stand.

Each owner has a lineage labelled with its name and a version table of its own, so that a
plugin that is gone never stands in the way of the core.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData

from omnicore.db.base import Base
from omnicore.sdk.manifest import Manifest

CORE = "core"


@dataclass(frozen=True)
class Standing:
    """Where a lineage stands: the revision in the database and the newest one there is."""

    owner: str
    revision: str | None
    head: str | None

    @property
    def current(self) -> bool:
        """Whether nothing is left to do."""
        return self.revision == self.head


@dataclass(frozen=True)
class Lineage:
    """The migrations of the core or of one plugin."""

    owner: str
    versions: str
    metadata: MetaData | None = None

    @property
    def version_table(self) -> str:
        """The table that keeps the owner's revision."""
        return "alembic_version" if self.owner == CORE else f"alembic_version_{self.owner}"

    def config(self, connection: Connection | None = None) -> Config:
        """Alembic's own view of this lineage."""
        config = Config()
        config.set_main_option("script_location", str(files("omnicore") / "db" / "migrations"))
        config.set_main_option("path_separator", "newline")
        config.set_main_option("version_locations", self.versions)
        config.attributes.update(
            connection=connection, version_table=self.version_table, metadata=self.metadata
        )
        return config

    def upgrade(self, connection: Connection, revision: str = "head") -> None:
        """Go up to ``revision``."""
        command.upgrade(self.config(connection), revision)

    def downgrade(self, connection: Connection, revision: str) -> None:
        """Go down to ``revision``; ``base`` removes all that the lineage made."""
        command.downgrade(self.config(connection), revision)

    def standing(self, connection: Connection) -> Standing:
        """Where it stands. Changes nothing."""
        options: dict[str, Any] = {"version_table": self.version_table}
        context = MigrationContext.configure(connection, opts=options)
        head = ScriptDirectory.from_config(self.config()).get_current_head()
        return Standing(self.owner, context.get_current_revision(), head)

    def drift(self, connection: Connection) -> list[Any]:
        """Differences between the models and the database, as Alembic sees them.

        Tables that the models do not know belong to another lineage.
        """
        options: dict[str, Any] = {"version_table": self.version_table, "include_object": _ours}
        context = MigrationContext.configure(connection, opts=options)
        found: list[Any] = compare_metadata(context, self.metadata or MetaData())
        return found


def _ours(_item: Any, _name: Any, kind: str, reflected: bool, known: Any) -> bool:
    return not (kind == "table" and reflected and known is None)


def lineages(manifests: Iterable[Manifest]) -> list[Lineage]:
    """The core first, then the enabled plugins in their configured order."""
    core = str(files("omnicore") / "db" / "migrations" / "versions")
    found = [Lineage(CORE, core, Base.metadata)]
    for manifest in manifests:
        if manifest.migrations:
            package, _, folder = manifest.migrations.partition(":")
            found.append(Lineage(manifest.name, str(files(package) / folder)))
    return found
