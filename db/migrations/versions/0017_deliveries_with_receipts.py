"""How answers travel, with receipts, and how fast."""

import sqlalchemy as sa
import sqlmodel
from alembic import op


revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gateways",
        sa.Column("realm", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("account", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column(
            "division_code",
            sa.String(length=32).with_variant(sa.String(length=32, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "path",
            sa.String(length=80).with_variant(sa.String(length=80, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["division_code"],
            ["divisions.code"],
        ),
        sa.PrimaryKeyConstraint("realm", "channel", "account", "division_code"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("realm", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("response_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "division_path",
            sa.String(length=80).with_variant(sa.String(length=80, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reporter", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=True),
        sa.Column("reporter_role", sa.String(length=40), nullable=True),
        sa.Column("external_ref", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=True),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["cases.id"],
        ),
        sa.ForeignKeyConstraint(
            ["response_id"],
            ["responses.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index("ix_deliveries_case", ["case_id", "id"], unique=False)
        batch_op.create_index(
            "ix_deliveries_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )
        batch_op.create_index("ix_deliveries_response", ["response_id", "attempt"], unique=True)
        batch_op.create_index(
            "ix_deliveries_waiting",
            ["realm", "channel", "id"],
            unique=False,
            sqlite_where=sa.text("settled_at IS NULL"),
            postgresql_where=sa.text("settled_at IS NULL"),
        )

    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.add_column(sa.Column("channel", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("open_deliveries", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("unanswered_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            "ix_cases_unanswered",
            ["realm", "unanswered_since"],
            unique=False,
            sqlite_where=sa.text("unanswered_since IS NOT NULL"),
            postgresql_where=sa.text("unanswered_since IS NOT NULL"),
        )

    with op.batch_alter_table("dispositions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("realm", sa.String(length=40), nullable=True))
        batch_op.add_column(
            sa.Column(
                "division_path",
                sa.String(length=80).with_variant(sa.String(length=80, collation="C"), "postgresql"),
                nullable=True,
            )
        )
        batch_op.add_column(sa.Column("is_superseded", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("answer_seconds", sa.Integer(), nullable=True))
        batch_op.create_index(
            "ix_dispositions_speed", ["realm", "at", "division_path", "answer_seconds"], unique=False
        )

    with op.batch_alter_table("responses", schema=None) as batch_op:
        batch_op.add_column(sa.Column("undeliverable_at", sa.DateTime(timezone=True), nullable=True))

    # What was left unanswered before is found like everything after.
    op.execute(
        "UPDATE cases SET unanswered_since = updated_at WHERE (responses = 0 OR dispositions = 0) "
        "AND state IN ('HANDLED', 'CHECKING', 'CLOSED', 'DECLINED')"
    )


def downgrade() -> None:
    with op.batch_alter_table("responses", schema=None) as batch_op:
        batch_op.drop_column("undeliverable_at")

    with op.batch_alter_table("dispositions", schema=None) as batch_op:
        batch_op.drop_index("ix_dispositions_speed")
        batch_op.drop_column("answer_seconds")
        batch_op.drop_column("answered_at")
        batch_op.drop_column("is_superseded")
        batch_op.drop_column("division_path")
        batch_op.drop_column("realm")

    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_cases_unanswered",
            sqlite_where=sa.text("unanswered_since IS NOT NULL"),
            postgresql_where=sa.text("unanswered_since IS NOT NULL"),
        )
        batch_op.drop_column("unanswered_since")
        batch_op.drop_column("open_deliveries")
        batch_op.drop_column("channel")

    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_deliveries_waiting",
            sqlite_where=sa.text("settled_at IS NULL"),
            postgresql_where=sa.text("settled_at IS NULL"),
        )
        batch_op.drop_index("ix_deliveries_response")
        batch_op.drop_index(
            "ix_deliveries_due",
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )
        batch_op.drop_index("ix_deliveries_case")

    op.drop_table("deliveries")
    op.drop_table("gateways")
