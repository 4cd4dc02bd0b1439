"""Loop breaks, how long links usually take, and when a case is looked at for one."""

import sqlalchemy as sa
import sqlmodel
from alembic import op


revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('link_norms',
    sa.Column('realm', sa.String(length=40), nullable=False),
    sa.Column('division_code', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('stage', sa.String(length=40), nullable=False),
    sa.Column('median_seconds', sa.Integer(), nullable=False),
    sa.Column('samples', sa.Integer(), nullable=False),
    sa.Column('reckoned_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['division_code'], ['divisions.code'], ),
    sa.PrimaryKeyConstraint('realm', 'division_code', 'stage')
    )
    op.create_table('loop_breaks',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('realm', sa.String(length=40), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_version', sa.Integer(), nullable=False),
    sa.Column('seen_version', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('cause', sa.String(length=40), nullable=False),
    sa.Column('evidence', sa.JSON(), nullable=False),
    sa.Column('division_path', sa.String(length=80).with_variant(sa.String(length=80, collation='C'), 'postgresql'), nullable=False),
    sa.Column('department_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('centre_code', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('found_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('repair_by', sa.DateTime(timezone=True), nullable=False),
    sa.Column('repaired_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('repaired_by', sa.String(length=40), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.ForeignKeyConstraint(['centre_code'], ['divisions.code'], ),
    sa.ForeignKeyConstraint(['department_id'], ['departments.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('loop_breaks', schema=None) as batch_op:
        batch_op.create_index('ix_loop_breaks_case', ['case_id', 'id'], unique=False)
        batch_op.create_index('ix_loop_breaks_found', ['realm', 'found_at', 'division_path'], unique=False)
        batch_op.create_index('ix_loop_breaks_one_open', ['case_id', 'kind'], unique=True, sqlite_where=sa.text('repaired_at IS NULL'), postgresql_where=sa.text('repaired_at IS NULL'))
        batch_op.create_index('ix_loop_breaks_open', ['realm', 'id'], unique=False, sqlite_where=sa.text('repaired_at IS NULL'), postgresql_where=sa.text('repaired_at IS NULL'))

    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.add_column(sa.Column('watch_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index('ix_cases_watch', ['watch_at'], unique=False, sqlite_where=sa.text('watch_at IS NOT NULL'), postgresql_where=sa.text('watch_at IS NOT NULL'))

    # Cases that are on their way now are looked at soon, as if something had happened to them.
    op.execute(sa.text("UPDATE cases SET watch_at = updated_at WHERE is_open"))


def downgrade() -> None:
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.drop_index('ix_cases_watch', sqlite_where=sa.text('watch_at IS NOT NULL'), postgresql_where=sa.text('watch_at IS NOT NULL'))
        batch_op.drop_column('watch_at')

    with op.batch_alter_table('loop_breaks', schema=None) as batch_op:
        batch_op.drop_index('ix_loop_breaks_open', sqlite_where=sa.text('repaired_at IS NULL'), postgresql_where=sa.text('repaired_at IS NULL'))
        batch_op.drop_index('ix_loop_breaks_one_open', sqlite_where=sa.text('repaired_at IS NULL'), postgresql_where=sa.text('repaired_at IS NULL'))
        batch_op.drop_index('ix_loop_breaks_found')
        batch_op.drop_index('ix_loop_breaks_case')

    op.drop_table('loop_breaks')
    op.drop_table('link_norms')
