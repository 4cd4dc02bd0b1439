"""Police beats, the grids of each, and what they were asked."""

import sqlalchemy as sa
import sqlmodel
from alembic import op


revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('police_beats',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('code', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
    sa.Column('division_code', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('path', sa.String(length=80).with_variant(sa.String(length=80, collation='C'), 'postgresql'), nullable=False),
    sa.ForeignKeyConstraint(['division_code'], ['divisions.code'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('code')
    )
    with op.batch_alter_table('police_beats', schema=None) as batch_op:
        batch_op.create_index('ix_police_beats_path', ['path', 'id'], unique=False)

    op.create_table('beat_grids',
    sa.Column('grid_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('beat_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['beat_id'], ['police_beats.id'], ),
    sa.ForeignKeyConstraint(['grid_id'], ['grids.id'], ),
    sa.PrimaryKeyConstraint('grid_id')
    )
    with op.batch_alter_table('beat_grids', schema=None) as batch_op:
        batch_op.create_index('ix_beat_grids_beat', ['beat_id', 'grid_id'], unique=False)

    op.create_table('police_tasks',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('realm', sa.String(length=40), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('path', sa.String(length=80).with_variant(sa.String(length=80, collation='C'), 'postgresql'), nullable=False),
    sa.Column('beat_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('asked_by', sa.String(length=40), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('visited_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('result', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=True),
    sa.Column('detail', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['beat_id'], ['police_beats.id'], ),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('police_tasks', schema=None) as batch_op:
        batch_op.create_index('ix_police_tasks_case', ['case_id', 'id'], unique=False)
        batch_op.create_index('ix_police_tasks_path', ['realm', 'path', 'asked_at'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('police_tasks', schema=None) as batch_op:
        batch_op.drop_index('ix_police_tasks_path')
        batch_op.drop_index('ix_police_tasks_case')

    op.drop_table('police_tasks')
    with op.batch_alter_table('beat_grids', schema=None) as batch_op:
        batch_op.drop_index('ix_beat_grids_beat')

    op.drop_table('beat_grids')
    with op.batch_alter_table('police_beats', schema=None) as batch_op:
        batch_op.drop_index('ix_police_beats_path')

    op.drop_table('police_beats')
