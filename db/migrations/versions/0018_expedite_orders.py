"""Expedite orders, and how many of a case wait for their reply."""

import sqlalchemy as sa
import sqlmodel
from alembic import op


revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('expedite_orders',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('realm', sa.String(length=40), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('department_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('centre_code', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('issued_by', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('issued_role', sa.String(length=40), nullable=False),
    sa.Column('reply_by', sa.DateTime(timezone=True), nullable=False),
    sa.Column('replied_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('replied_by', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=True),
    sa.Column('reply', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.ForeignKeyConstraint(['centre_code'], ['divisions.code'], ),
    sa.ForeignKeyConstraint(['department_id'], ['departments.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('expedite_orders', schema=None) as batch_op:
        batch_op.create_index('ix_expedite_orders_case', ['case_id', 'id'], unique=False)
        batch_op.create_index('ix_expedite_orders_open', ['realm', 'id'], unique=False, sqlite_where=sa.text('replied_at IS NULL'), postgresql_where=sa.text('replied_at IS NULL'))
        batch_op.create_index('ix_expedite_orders_realm', ['realm', 'id'], unique=False)

    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.add_column(sa.Column('open_expedites', sa.Integer(), server_default='0', nullable=False))



def downgrade() -> None:
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.drop_column('open_expedites')

    with op.batch_alter_table('expedite_orders', schema=None) as batch_op:
        batch_op.drop_index('ix_expedite_orders_realm')
        batch_op.drop_index('ix_expedite_orders_open', sqlite_where=sa.text('replied_at IS NULL'), postgresql_where=sa.text('replied_at IS NULL'))
        batch_op.drop_index('ix_expedite_orders_case')

    op.drop_table('expedite_orders')
