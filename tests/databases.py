"""Empty databases for tests, made once a session of each kind and emptied between tests."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, create_engine, make_url, text

from omnicore import rooms
from omnicore.activity.recorder import GENESIS
from omnicore.db.base import Base
from omnicore.db.engine import build_engine
from omnicore.db.lineages import lineages

MARIADB = os.environ.get("OMNICORE_TEST_MARIADB", "mysql+pymysql://root:@127.0.0.1:3306")


class Databases:
    """One template file for SQLite, one database for MariaDB, each with all tables."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template: Path | None = None
        self._maria: str = ""

    def sqlite(self, folder: Path) -> str:
        """The URL of a fresh copy of the template in ``folder``."""
        if self._template is None:
            self._template = self._folder / "template.db"
            self._make(f"sqlite:///{self._template}")
        shutil.copyfile(self._template, folder / "omnicore.db")
        return f"sqlite:///{folder}/omnicore.db"

    def mariadb(self) -> str:
        """The URL of the session's database, emptied."""
        if self._maria:
            engine = create_engine(self._maria)
            _empty(engine)
            engine.dispose()
            return self._maria
        self._maria = _create()
        self._make(self._maria)
        return self._maria

    @contextmanager
    def nothing(self, kind: str, folder: Path) -> Iterator[str]:
        """The URL of a database without tables, for this block."""
        if kind == "sqlite":
            yield f"sqlite:///{folder}/nothing.db"
            return
        url = _create()
        try:
            yield url
        finally:
            _drop(url)

    @contextmanager
    def own(self, kind: str, folder: Path) -> Iterator[str]:
        """The URL of an empty database without tables, for a deployment of its own."""
        if kind == "sqlite":
            yield f"sqlite:///{folder}/omnicore.db"
            return
        name = f"omnicore_test_{uuid.uuid4().hex[:12]}"
        with _server() as server, server.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} CHARACTER SET utf8mb4"))
            yield f"{MARIADB}/{name}"
            connection.execute(text(f"DROP DATABASE {name}"))

    def close(self) -> None:
        """Drop what was made on the server."""
        if self._maria:
            _drop(self._maria)

    @staticmethod
    def _make(url: str) -> None:
        engine = build_engine(make_url(url))
        rooms.load_models()
        (core,) = lineages([])
        with engine.connect() as connection:
            core.upgrade(connection)
            connection.commit()
            drift = core.drift(connection)
        if drift:
            raise RuntimeError(f'the models are ahead: tools/new-revision "why": {drift}')
        _first_rows(engine)
        if engine.dialect.name == "sqlite":
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        engine.dispose()


def _create() -> str:
    name = f"omnicore_test_{uuid.uuid4().hex[:12]}"
    with _server() as server, server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} CHARACTER SET utf8mb4"))
    return f"{MARIADB}/{name}"


def _drop(url: str) -> None:
    with _server() as server, server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {make_url(url).database}"))


@contextmanager
def _server() -> Iterator[Engine]:
    engine = create_engine(MARIADB, isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


def _first_rows(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO activity_head (id, row_hash, entries) VALUES (1, :hash, 0)"),
            {"hash": GENESIS},
        )
        connection.execute(text("INSERT INTO access_epoch (id, epoch) VALUES (1, 1)"))


def _empty(engine: Engine) -> None:
    """Take every row away and let keys begin at 1 again; triggers do not see it."""
    names = list(Base.metadata.tables)
    asked = " UNION ALL ".join(f"(SELECT '{name}' FROM `{name}` LIMIT 1)" for name in names)
    with engine.connect() as connection:
        filled = connection.execute(text(asked)).scalars().all()
        connection.execute(text("SET FOREIGN_KEY_CHECKS = 0"))
        for name in filled:
            connection.execute(text(f"TRUNCATE TABLE `{name}`"))
        connection.commit()
    _first_rows(engine)
