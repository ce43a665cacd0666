"""The first tables of the ledger; triggers let rows in but never let one be changed, dropped or replaced."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None

# The protected tables, each with its keys: what may never exist a second time.
_APPEND_ONLY = {
    "deployments": (("deployment_id",),),
    "registers": (("register_id",), ("city", "as_of", "release_id", "digest")),
    "plans": (("plan_id",),),
    "plan_events": (("event_id",), ("plan_id", "sequence")),
    "frames": (("plan_id",),),
    "commitments": (("plan_id", "official_key"),),
    "reveals": (("plan_id", "official_key"),),
    "draws": (("plan_id",),),
    "drawn_entities": (("plan_id", "entity_id"),),
}


def upgrade() -> None:
    """Makes everything."""
    _make_tokens_and_deployments()
    _make_registers()
    _make_plans()
    _make_ceremony()
    _make_draws()
    if op.get_bind().dialect.name == "postgresql":
        _protect_on_postgres()
    else:
        _protect_on_sqlite()


def _who_when_why() -> list[sa.Column[object]]:
    """The last columns of every record."""
    return [
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    ]


def _text(name: str, length: int | None = None) -> sa.Column[str]:
    """A text that is always there."""
    return sa.Column(name, sa.String(length) if length else sa.Text(), nullable=False)


def _make_tokens_and_deployments() -> None:
    """Who may do what, and what is live."""
    op.create_table(
        "api_tokens",
        sa.Column("token_id", sa.Integer(), nullable=False),
        _text("digest", 64),
        _text("person", 200),
        _text("role", 20),
        _text("region_prefix", 12),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        *_who_when_why(),
        sa.PrimaryKeyConstraint("token_id", name="pk_api_tokens"),
        sa.UniqueConstraint("digest", name="uq_api_tokens_digest"),
    )
    op.create_table(
        "deployments",
        sa.Column("deployment_id", sa.Integer(), nullable=False),
        _text("city", 60),
        _text("release_id", 120),
        _text("trained_by", 200),
        *_who_when_why(),
        sa.PrimaryKeyConstraint("deployment_id", name="pk_deployments"),
    )
    op.create_index("ix_deployments_city", "deployments", ["city"])


def _make_registers() -> None:
    """The grade registers."""
    op.create_table(
        "registers",
        sa.Column("register_id", sa.Integer(), nullable=False),
        _text("city", 60),
        sa.Column("as_of", sa.Date(), nullable=False),
        _text("release_id", 120),
        _text("digest", 80),
        _text("folder"),
        sa.Column("counts", sa.JSON(), nullable=False),
        *_who_when_why(),
        sa.PrimaryKeyConstraint("register_id", name="pk_registers"),
        sa.UniqueConstraint(
            "city", "as_of", "release_id", "digest", name="uq_registers_city_as_of_release_id_digest"
        ),
    )
    op.create_index("ix_registers_city", "registers", ["city"])


def _make_plans() -> None:
    """Plans and the steps of their life."""
    op.create_table(
        "plans",
        _text("plan_id", 120),
        _text("title"),
        _text("city", 60),
        sa.Column("as_of", sa.Date(), nullable=False),
        _text("release_id", 120),
        _text("register_digest", 80),
        sa.Column("ratios", sa.JSON(), nullable=False),
        _text("allow_zero"),
        _text("stratification", 20),
        _text("region_prefix", 12),
        *_who_when_why(),
        sa.PrimaryKeyConstraint("plan_id", name="pk_plans"),
    )
    op.create_index("ix_plans_city", "plans", ["city"])
    op.create_table(
        "plan_events",
        sa.Column("event_id", sa.Integer(), nullable=False),
        _text("plan_id", 120),
        sa.Column("sequence", sa.Integer(), nullable=False),
        _text("kind", 20),
        _text("detail"),
        _text("official", 200),
        *_who_when_why(),
        sa.PrimaryKeyConstraint("event_id", name="pk_plan_events"),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.plan_id"], name="fk_plan_events_plan_id"),
        sa.UniqueConstraint("plan_id", "sequence", name="uq_plan_events_plan_id_sequence"),
    )


def _make_ceremony() -> None:
    """Frozen frames, commitments and reveals."""
    op.create_table(
        "frames",
        _text("plan_id", 120),
        _text("frame_digest", 64),
        _text("plan_digest", 64),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("strata", sa.JSON(), nullable=False),
        *_who_when_why(),
        sa.PrimaryKeyConstraint("plan_id", name="pk_frames"),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.plan_id"], name="fk_frames_plan_id"),
    )
    for table, content in (("commitments", "commitment"), ("reveals", "secret")):
        op.create_table(
            table,
            _text("plan_id", 120),
            _text("official_key"),
            _text("official", 200),
            _text(content, 64),
            *_who_when_why(),
            sa.PrimaryKeyConstraint("plan_id", "official_key", name=f"pk_{table}"),
            sa.ForeignKeyConstraint(["plan_id"], ["plans.plan_id"], name=f"fk_{table}_plan_id"),
        )


def _make_draws() -> None:
    """Draws and the drawn."""
    op.create_table(
        "draws",
        _text("plan_id", 120),
        _text("seed", 64),
        _text("draw_digest", 64),
        sa.Column("drawn", sa.Integer(), nullable=False),
        *_who_when_why(),
        sa.PrimaryKeyConstraint("plan_id", name="pk_draws"),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.plan_id"], name="fk_draws_plan_id"),
    )
    op.create_table(
        "drawn_entities",
        _text("plan_id", 120),
        _text("entity_id", 120),
        _text("stratum", 60),
        _text("grade", 1),
        _text("inclusion_probability", 40),
        _text("ticket", 64),
        sa.PrimaryKeyConstraint("plan_id", "entity_id", name="pk_drawn_entities"),
        sa.ForeignKeyConstraint(["plan_id"], ["draws.plan_id"], name="fk_drawn_entities_plan_id"),
    )
    op.create_index("ix_drawn_entities_entity_id", "drawn_entities", ["entity_id"])


def _protect_on_postgres() -> None:
    """Refuses in the database itself, whatever program asks; an upsert counts as an update there."""
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION '% is append-only: add a row that corrects the old one', TG_TABLE_NAME; END $$"
    )
    for table in _APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _protect_on_sqlite() -> None:
    """The same, and against REPLACE: it deletes the row it replaces without asking any trigger on delete.

    So a row whose key is taken is refused before it comes in. The rowid is such a key too: in a table whose
    own key is a text it lies hidden beneath, and naming it would replace any row. Where a row names none,
    SQLite shows it to the trigger as -1; so no row may have a number below 1.
    """
    for table, keys in _APPEND_ONLY.items():
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
