"""Command orders and their units."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
CODE = sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql')
PATH = sa.String(length=80).with_variant(sa.String(length=80, collation='C'), 'postgresql')


def upgrade() -> None:
    op.create_table('command_orders',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('realm', sa.String(length=40), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('division_code', CODE, nullable=False),
    sa.Column('path', PATH, nullable=False),
    sa.Column('case_id', BIG_ID, nullable=True),
    sa.Column('title', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('requirement', sa.Text(), nullable=False),
    sa.Column('sign_due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('issued_by', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('issued_name', sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
    sa.Column('units', sa.Integer(), nullable=False),
    sa.Column('signed', sa.Integer(), nullable=False),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('flagged', sa.Integer(), nullable=False),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_reason', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.ForeignKeyConstraint(['division_code'], ['divisions.code'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('command_orders', schema=None) as batch_op:
        batch_op.create_index('ix_command_orders_path', ['realm', 'path', 'id'], unique=False)

    op.create_table('command_units',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('order_id', BIG_ID, nullable=False),
    sa.Column('department_id', BIG_ID, nullable=True),
    sa.Column('centre_code', CODE, nullable=True),
    sa.Column('path', PATH, nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('awaited_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('flagged_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('signed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('signed_by', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=True),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('done_by', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=True),
    sa.Column('feedback', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['centre_code'], ['centres.division_code'], ),
    sa.ForeignKeyConstraint(['department_id'], ['departments.id'], ),
    sa.ForeignKeyConstraint(['order_id'], ['command_orders.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('order_id', 'centre_code'),
    sa.UniqueConstraint('order_id', 'department_id')
    )
    with op.batch_alter_table('command_units', schema=None) as batch_op:
        batch_op.create_index('ix_command_units_awaited', ['awaited_until'], unique=False,
                              sqlite_where=sa.text('awaited_until IS NOT NULL'),
                              postgresql_where=sa.text('awaited_until IS NOT NULL'))
        batch_op.create_index('ix_command_units_department', ['department_id', 'order_id'], unique=False)
        batch_op.create_index('ix_command_units_path', ['path', 'order_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('command_units', schema=None) as batch_op:
        batch_op.drop_index('ix_command_units_path')
        batch_op.drop_index('ix_command_units_department')
        batch_op.drop_index('ix_command_units_awaited')

    op.drop_table('command_units')
    with op.batch_alter_table('command_orders', schema=None) as batch_op:
        batch_op.drop_index('ix_command_orders_path')

    op.drop_table('command_orders')
