"""Tables whose rows can be added and never changed: the columns they share, and the triggers that hold it."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from alembic import op

# A table's keys: sets of columns that may never exist a second time.
Keys = tuple[tuple[str, ...], ...]


def who_when_why() -> list[sa.Column[object]]:
    """The last columns of every record."""
    return [
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    ]


def text_column(name: str, length: int | None = None) -> sa.Column[str]:
    """A text that is always there."""
    return sa.Column(name, sa.String(length) if length else sa.Text(), nullable=False)


def protect(tables: Mapping[str, Keys]) -> None:
    """Lets rows into the tables but never lets one be changed, dropped or replaced; called in a migration."""
    if op.get_bind().dialect.name == "postgresql":
        _protect_on_postgres(tables)
    else:
        _protect_on_sqlite(tables)


def _protect_on_postgres(tables: Mapping[str, Keys]) -> None:
    """Refuses in the database itself, whatever program asks; an upsert counts as an update there."""
    op.execute(
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION '% is append-only: add a row that corrects the old one', TG_TABLE_NAME; END $$"
    )
    for table in tables:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _protect_on_sqlite(tables: Mapping[str, Keys]) -> None:
    """The same, and against REPLACE: it deletes the row it replaces without asking any trigger on delete.

    So a row whose key is taken is refused before it comes in. The rowid is such a key too: in a table whose
    own key is a text it lies hidden beneath, and naming it would replace any row. Where a row names none,
    SQLite shows it to the trigger as -1; so no row may have a number below 1.
    """
    for table, keys in tables.items():
        refusal = f"SELECT RAISE(ABORT, '{table} is append-only: add a row that corrects the old one')"
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} BEGIN {refusal}; END"
            )
        taken = [" AND ".join(f"{column} = NEW.{column}" for column in key) for key in (("rowid",), *keys)]
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} BEGIN "
            + "".join(f"{refusal} FROM {table} WHERE {condition}; " for condition in taken)
            + "END"
        )
        op.execute(
            f"CREATE TRIGGER {table}_numbered AFTER INSERT ON {table} WHEN NEW.rowid < 1 BEGIN {refusal}; END"
        )
