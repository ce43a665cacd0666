"""The ledger's database: SQLite by default, PostgreSQL for production; opened, migrated, read, written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection as SqliteConnection

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from data_contracts.refusal import Refusal

MIGRATIONS = Path(__file__).parent / "migrations"

_WRITES = "ledger_writes"


class LedgerRefused(Refusal):
    """A ledger address that cannot be read, or a ledger that is not migrated to this version."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """An open ledger; share one per process."""

    engine: Engine

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one consistent state."""
        with Session(self.engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that commits at its end, or changes nothing if anything is raised."""
        writer = self.engine.execution_options(**{_WRITES: True})
        with Session(writer) as session, session.begin():
            yield session

    def close(self) -> None:
        """Closes the connections."""
        self.engine.dispose()


def open_ledger(url: str) -> Ledger:
    """The ledger at this address; one that is missing or of another version is refused and left as it is."""
    if _sqlite_file(url) is not None and not _exists(url):
        _refuse_version(found="no ledger there", url=url)
    ledger = Ledger(_engine(url))
    with ledger.engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found != _newest():
        ledger.close()
        _refuse_version(found=f"version {found}" if found else "no ledger there", url=url)
    return ledger


def migrate(url: str, *, until: str = "head") -> str:
    """Brings the ledger to the newest version (or until another), making it if need be; the newest one."""
    if (file := _sqlite_file(url)) is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    engine = _engine(url)
    try:
        with engine.execution_options(**{_WRITES: True}).connect() as connection:
            config = _alembic()
            config.attributes["connection"] = connection
            command.upgrade(config, until)
    finally:
        engine.dispose()
    return _newest()


def _refuse_version(*, found: str, url: str) -> None:
    """Says which command makes the ledger fit."""
    shown = make_url(url).render_as_string(hide_password=True)
    raise LedgerRefused(
        expected=f"a ledger of version {_newest()}",
        got=f"{found} ({shown})",
        todo="run `python -m serving migrate`, or install the newer program if the ledger is newer",
    )


def _engine(url: str) -> Engine:
    """The engine with the settings that keep an acknowledged write through a power cut."""
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise LedgerRefused(
            expected="a database address such as sqlite:///var/sandbox/ledger.sqlite",
            got=f"{url!r}",
            todo="correct the ledger address in the environment, or leave it out for the default",
        ) from error
    engine = create_engine(address)
    if address.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: SqliteConnection, _: ConnectionPoolEntry) -> None:
    """WAL for readers beside a writer, FULL against power loss, waiting rather than failing when busy."""
    # The driver itself would begin transactions late and never around DDL; `_begin_sqlite` does it.
    connection.isolation_level = None
    for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=15000"):
        connection.execute(f"PRAGMA {setting}").close()


def _begin_sqlite(connection: Connection) -> None:
    """Writers take the lock at once: a reader that turns writer half-way would fail instead of waiting."""
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _alembic() -> Config:
    """Alembic without an ini file: the scripts lie inside the package."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _newest() -> str:
    """The version that this program writes."""
    return ScriptDirectory.from_config(_alembic()).get_current_head() or ""


def _sqlite_file(url: str) -> Path | None:
    """The file of a SQLite address; None for memory and other databases."""
    address = _engine_address(url)
    if not address.startswith("sqlite"):
        return None
    database = make_url(url).database
    return Path(database) if database and database != ":memory:" else None


def _engine_address(url: str) -> str:
    """The address as text, empty if it cannot be read (then the engine refuses it with the full message)."""
    try:
        return make_url(url).get_backend_name()
    except ArgumentError:
        return ""


def _exists(url: str) -> bool:
    """Whether the SQLite file is there; connecting would make an empty one."""
    file = _sqlite_file(url)
    return file is not None and file.is_file()
