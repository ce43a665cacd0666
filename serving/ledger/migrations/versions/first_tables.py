"""The first tables of the ledger; triggers let rows in but never let one be changed, dropped or replaced."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from serving.ledger.append_only import protect, text_column, who_when_why

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
    protect(_APPEND_ONLY)


def _make_tokens_and_deployments() -> None:
    """Who may do what, and what is live."""
    op.create_table(
        "api_tokens",
        sa.Column("token_id", sa.Integer(), nullable=False),
        text_column("digest", 64),
        text_column("person", 200),
        text_column("role", 20),
        text_column("region_prefix", 12),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        *who_when_why(),
        sa.PrimaryKeyConstraint("token_id", name="pk_api_tokens"),
        sa.UniqueConstraint("digest", name="uq_api_tokens_digest"),
    )
    op.create_table(
        "deployments",
        sa.Column("deployment_id", sa.Integer(), nullable=False),
        text_column("city", 60),
        text_column("release_id", 120),
        text_column("trained_by", 200),
        *who_when_why(),
        sa.PrimaryKeyConstraint("deployment_id", name="pk_deployments"),
    )
    op.create_index("ix_deployments_city", "deployments", ["city"])


def _make_registers() -> None:
    """The grade registers."""
    op.create_table(
        "registers",
        sa.Column("register_id", sa.Integer(), nullable=False),
        text_column("city", 60),
        sa.Column("as_of", sa.Date(), nullable=False),
        text_column("release_id", 120),
        text_column("digest", 80),
        text_column("folder"),
        sa.Column("counts", sa.JSON(), nullable=False),
        *who_when_why(),
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
        text_column("plan_id", 120),
        text_column("title"),
        text_column("city", 60),
        sa.Column("as_of", sa.Date(), nullable=False),
        text_column("release_id", 120),
        text_column("register_digest", 80),
        sa.Column("ratios", sa.JSON(), nullable=False),
        text_column("allow_zero"),
        text_column("stratification", 20),
        text_column("region_prefix", 12),
        *who_when_why(),
        sa.PrimaryKeyConstraint("plan_id", name="pk_plans"),
    )
    op.create_index("ix_plans_city", "plans", ["city"])
    op.create_table(
        "plan_events",
        sa.Column("event_id", sa.Integer(), nullable=False),
        text_column("plan_id", 120),
        sa.Column("sequence", sa.Integer(), nullable=False),
        text_column("kind", 20),
        text_column("detail"),
        text_column("official", 200),
        *who_when_why(),
        sa.PrimaryKeyConstraint("event_id", name="pk_plan_events"),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.plan_id"], name="fk_plan_events_plan_id"),
        sa.UniqueConstraint("plan_id", "sequence", name="uq_plan_events_plan_id_sequence"),
    )


def _make_ceremony() -> None:
    """Frozen frames, commitments and reveals."""
    op.create_table(
        "frames",
        text_column("plan_id", 120),
        text_column("frame_digest", 64),
        text_column("plan_digest", 64),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("strata", sa.JSON(), nullable=False),
        *who_when_why(),
        sa.PrimaryKeyConstraint("plan_id", name="pk_frames"),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.plan_id"], name="fk_frames_plan_id"),
    )
    for table, content in (("commitments", "commitment"), ("reveals", "secret")):
        op.create_table(
            table,
            text_column("plan_id", 120),
            text_column("official_key"),
            text_column("official", 200),
            text_column(content, 64),
            *who_when_why(),
            sa.PrimaryKeyConstraint("plan_id", "official_key", name=f"pk_{table}"),
            sa.ForeignKeyConstraint(["plan_id"], ["plans.plan_id"], name=f"fk_{table}_plan_id"),
        )


def _make_draws() -> None:
    """Draws and the drawn."""
    op.create_table(
        "draws",
        text_column("plan_id", 120),
        text_column("seed", 64),
        text_column("draw_digest", 64),
        sa.Column("drawn", sa.Integer(), nullable=False),
        *who_when_why(),
        sa.PrimaryKeyConstraint("plan_id", name="pk_draws"),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.plan_id"], name="fk_draws_plan_id"),
    )
    op.create_table(
        "drawn_entities",
        text_column("plan_id", 120),
        text_column("entity_id", 120),
        text_column("stratum", 60),
        text_column("grade", 1),
        text_column("inclusion_probability", 40),
        text_column("ticket", 64),
        sa.PrimaryKeyConstraint("plan_id", "entity_id", name="pk_drawn_entities"),
        sa.ForeignKeyConstraint(["plan_id"], ["draws.plan_id"], name="fk_drawn_entities_plan_id"),
    )
    op.create_index("ix_drawn_entities_entity_id", "drawn_entities", ["entity_id"])
