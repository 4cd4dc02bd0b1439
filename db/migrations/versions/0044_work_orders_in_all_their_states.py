"""Work orders in all their states: questions, appointments, proofs, settlement."""

import sqlalchemy as sa
import sqlmodel
from alembic import op


revision = '0044'
down_revision = '0043'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('order_notes',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('work_order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('actor', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('actor_role', sa.String(length=40), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['work_order_id'], ['work_orders.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('order_notes', schema=None) as batch_op:
        batch_op.create_index('ix_order_notes_order', ['work_order_id', 'id'], unique=False)

    op.create_table('order_requests',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('work_order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('wanted_due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('wanted_unit_price_cents', sa.Integer(), nullable=True),
    sa.Column('asked_by', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answer', sa.Text(), nullable=True),
    sa.Column('is_granted', sa.Boolean(), nullable=True),
    sa.Column('answered_by', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['work_order_id'], ['work_orders.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('order_requests', schema=None) as batch_op:
        batch_op.create_index('ix_order_requests_order', ['work_order_id', 'id'], unique=False)

    with op.batch_alter_table('attachments', schema=None) as batch_op:
        batch_op.add_column(sa.Column('work_order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.add_column(sa.Column('taken_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('longitude', sa.Float(), nullable=True))
        batch_op.add_column(sa.Column('latitude', sa.Float(), nullable=True))
        batch_op.add_column(sa.Column('distance_metres', sa.Integer(), nullable=True))
        batch_op.create_index('ix_attachments_order', ['work_order_id'], unique=False, sqlite_where=sa.text('work_order_id IS NOT NULL'), postgresql_where=sa.text('work_order_id IS NOT NULL'))

    with op.batch_alter_table('work_orders', schema=None) as batch_op:
        batch_op.add_column(sa.Column('place', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=True))
        batch_op.add_column(sa.Column('offer_until', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('is_lapsed', sa.Boolean(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('crew_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.add_column(sa.Column('technician_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.add_column(sa.Column('appointment_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('appointment_until', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('started_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('rejected_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('settled_cents', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('open_requests', sa.JSON(), server_default='[]', nullable=False))
        batch_op.create_index('ix_work_orders_offers', ['offer_until'], unique=False, sqlite_where=sa.text("state = 'OFFERED'"), postgresql_where=sa.text("state = 'OFFERED'"))



def downgrade() -> None:
    with op.batch_alter_table('work_orders', schema=None) as batch_op:
        batch_op.drop_index('ix_work_orders_offers', sqlite_where=sa.text("state = 'OFFERED'"), postgresql_where=sa.text("state = 'OFFERED'"))
        batch_op.drop_column('open_requests')
        batch_op.drop_column('settled_cents')
        batch_op.drop_column('settled_at')
        batch_op.drop_column('rejected_at')
        batch_op.drop_column('started_at')
        batch_op.drop_column('appointment_until')
        batch_op.drop_column('appointment_at')
        batch_op.drop_column('technician_id')
        batch_op.drop_column('crew_id')
        batch_op.drop_column('is_lapsed')
        batch_op.drop_column('offer_until')
        batch_op.drop_column('place')

    with op.batch_alter_table('attachments', schema=None) as batch_op:
        batch_op.drop_index('ix_attachments_order', sqlite_where=sa.text('work_order_id IS NOT NULL'), postgresql_where=sa.text('work_order_id IS NOT NULL'))
        batch_op.drop_column('distance_metres')
        batch_op.drop_column('latitude')
        batch_op.drop_column('longitude')
        batch_op.drop_column('taken_at')
        batch_op.drop_column('work_order_id')

    with op.batch_alter_table('order_requests', schema=None) as batch_op:
        batch_op.drop_index('ix_order_requests_order')

    op.drop_table('order_requests')
    with op.batch_alter_table('order_notes', schema=None) as batch_op:
        batch_op.drop_index('ix_order_notes_order')

    op.drop_table('order_notes')
