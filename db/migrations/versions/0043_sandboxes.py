"""What is broken on purpose for a provider that tries its system out."""

import sqlalchemy as sa
import sqlmodel
from alembic import op


revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sandboxes",
        sa.Column("service_provider_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("faults", sa.JSON(), nullable=False),
        sa.Column("judges", sa.Boolean(), nullable=False),
        sa.Column("set_by", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["service_provider_id"], ["service_providers.id"]),
        sa.PrimaryKeyConstraint("service_provider_id"),
    )
    with op.batch_alter_table("webhook_deliveries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_loose", sa.Boolean(), server_default="0", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("webhook_deliveries", schema=None) as batch_op:
        batch_op.drop_column("is_loose")
    op.drop_table("sandboxes")
