"""What service providers' systems said of their orders."""

import sqlalchemy as sa
import sqlmodel
from alembic import op


revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sqlmodel.sql.sqltypes.AutoString


def upgrade() -> None:
    op.create_table(
        "order_aliases",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("realm", sa.String(length=40), nullable=False),
        sa.Column("service_provider_id", BIG_ID, nullable=False),
        sa.Column("external_id", TEXT(length=64), nullable=False),
        sa.Column("work_order_id", BIG_ID, nullable=False),
        sa.Column("last_seq", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["service_provider_id"], ["service_providers.id"]),
        sa.ForeignKeyConstraint(["work_order_id"], ["work_orders.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("service_provider_id", "realm", "external_id"),
    )
    op.create_table(
        "order_updates",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("alias_id", BIG_ID, nullable=False),
        sa.Column("external_seq", BIG_ID, nullable=False),
        sa.Column("work_order_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("code", TEXT(length=40), nullable=True),
        sa.Column("text", TEXT(length=4000), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["alias_id"], ["order_aliases.id"]),
        sa.ForeignKeyConstraint(["work_order_id"], ["work_orders.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("alias_id", "external_seq"),
    )
    with op.batch_alter_table("order_updates", schema=None) as batch_op:
        batch_op.create_index("ix_order_updates_order", ["work_order_id", "id"], unique=False)
    with op.batch_alter_table("work_orders", schema=None) as batch_op:
        batch_op.add_column(sa.Column("flagged_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("work_orders", schema=None) as batch_op:
        batch_op.drop_column("flagged_at")
    op.drop_table("order_updates")
    op.drop_table("order_aliases")
