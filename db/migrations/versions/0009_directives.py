"""Directives, what terminals say of them, and how many have."""

import sqlalchemy as sa
import sqlmodel
from alembic import op


revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
CODE = sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql')
PATH = sa.String(length=80).with_variant(sa.String(length=80, collation='C'), 'postgresql')


def upgrade() -> None:
    op.create_table('directives',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('realm', sa.String(length=40), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('issuer_code', CODE, nullable=False),
    sa.Column('division_code', CODE, nullable=False),
    sa.Column('path', PATH, nullable=False),
    sa.Column('terminals', sa.String(length=40), nullable=False),
    sa.Column('title', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('issued_by', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('issued_name', sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
    sa.Column('issued_role', sa.String(length=40), nullable=False),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('withdrawn_reason', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=True),
    sa.ForeignKeyConstraint(['division_code'], ['divisions.code'], ),
    sa.ForeignKeyConstraint(['issuer_code'], ['divisions.code'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('directives', schema=None) as batch_op:
        batch_op.create_index('ix_directives_path', ['realm', 'path', 'id'], unique=False)

    op.create_table('directive_receipts',
    sa.Column('directive_id', BIG_ID, nullable=False),
    sa.Column('terminal_id', BIG_ID, nullable=False),
    sa.Column('path', PATH, nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('feedback_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('feedback', sa.Text(), nullable=True),
    sa.Column('by', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.ForeignKeyConstraint(['directive_id'], ['directives.id'], ),
    sa.PrimaryKeyConstraint('directive_id', 'terminal_id')
    )
    with op.batch_alter_table('directive_receipts', schema=None) as batch_op:
        batch_op.create_index('ix_directive_receipts_feedback', ['directive_id', 'path', 'terminal_id'], unique=False,
                              sqlite_where=sa.text('feedback_at IS NOT NULL'),
                              postgresql_where=sa.text('feedback_at IS NOT NULL'))

    op.create_table('directive_tallies',
    sa.Column('directive_id', BIG_ID, nullable=False),
    sa.Column('division_code', CODE, nullable=False),
    sa.Column('received', sa.Integer(), nullable=False),
    sa.Column('read', sa.Integer(), nullable=False),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('feedback', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['directive_id'], ['directives.id'], ),
    sa.ForeignKeyConstraint(['division_code'], ['divisions.code'], ),
    sa.PrimaryKeyConstraint('directive_id', 'division_code')
    )
    with op.batch_alter_table('grids', schema=None) as batch_op:
        batch_op.create_index('ix_grids_in_use', ['path', 'id'], unique=False,
                              sqlite_where=sa.text('is_active = 1'), postgresql_where=sa.text('is_active'))


def downgrade() -> None:
    with op.batch_alter_table('grids', schema=None) as batch_op:
        batch_op.drop_index('ix_grids_in_use')

    op.drop_table('directive_tallies')
    with op.batch_alter_table('directive_receipts', schema=None) as batch_op:
        batch_op.drop_index('ix_directive_receipts_feedback')

    op.drop_table('directive_receipts')
    with op.batch_alter_table('directives', schema=None) as batch_op:
        batch_op.drop_index('ix_directives_path')

    op.drop_table('directives')
