"""Every clock of a case, limits of stages, office hours, and who leads."""

from datetime import UTC

import sqlalchemy as sa
import sqlmodel
from alembic import op


revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('leases',
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('holder', sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
    sa.Column('token', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name')
    )
    op.create_table('office_hours',
    sa.Column('division_code', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('hours', sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
    sa.ForeignKeyConstraint(['division_code'], ['divisions.code'], ),
    sa.PrimaryKeyConstraint('division_code')
    )
    op.create_table('stage_limits',
    sa.Column('division_code', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('is_urgent', sa.Boolean(), nullable=False),
    sa.Column('limit_value', sa.Integer(), nullable=False),
    sa.Column('limit_unit', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['division_code'], ['divisions.code'], ),
    sa.PrimaryKeyConstraint('division_code', 'kind', 'is_urgent')
    )
    op.create_table('stopped_clocks',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('realm', sa.String(length=40), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('subject', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('near_due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('stopped_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('was_late', sa.Boolean(), nullable=False),
    sa.Column('limit_value', sa.Integer(), nullable=False),
    sa.Column('limit_unit', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('stopped_clocks', schema=None) as batch_op:
        batch_op.create_index('ix_stopped_clocks_case', ['case_id', 'id'], unique=False)

    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.add_column(sa.Column('is_exempt', sa.Boolean(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('appealed_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('appeal_decided_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('extensions', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('extension_requested_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('clocks', sa.JSON(), server_default='[]', nullable=False))
        batch_op.add_column(sa.Column('alarm_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index('ix_cases_alarm', ['alarm_at'], unique=False, sqlite_where=sa.text('alarm_at IS NOT NULL'), postgresql_where=sa.text('alarm_at IS NOT NULL'))

    with op.batch_alter_table('tallies', schema=None) as batch_op:
        batch_op.add_column(sa.Column('exempt', sa.Integer(), server_default='0', nullable=False))

    _take_over_handling_clocks()


def _take_over_handling_clocks() -> None:
    """Cases that are being handled keep their clock; whether it was announced is not known, so it will be."""
    cases, matters = (sa.Table(name, sa.MetaData(), autoload_with=op.get_bind()) for name in ('cases', 'matters'))
    running = sa.or_(cases.c.clock_runs, cases.c.paused_at.is_not(None))
    statement = sa.select(
        cases.c.id, cases.c.clock_started_at, cases.c.near_due_at, cases.c.due_at, cases.c.paused_at,
        matters.c.limit_value, matters.c.limit_unit,
    ).join(matters, matters.c.id == cases.c.matter_id).where(running, cases.c.due_at.is_not(None))
    for row in list(op.get_bind().execute(statement)):
        def text(moment):
            return moment and (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()

        clock = {
            'kind': 'HANDLING', 'subject': '', 'started_at': text(row.clock_started_at),
            'near_due_at': text(row.near_due_at), 'due_at': text(row.due_at), 'limit_value': row.limit_value,
            'limit_unit': row.limit_unit, 'paused_at': text(row.paused_at), 'told': 0,
        }
        op.get_bind().execute(sa.update(cases).where(cases.c.id == row.id).values(
            clocks=[clock], alarm_at=None if row.paused_at else row.near_due_at))


def downgrade() -> None:
    with op.batch_alter_table('tallies', schema=None) as batch_op:
        batch_op.drop_column('exempt')

    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.drop_index('ix_cases_alarm', sqlite_where=sa.text('alarm_at IS NOT NULL'), postgresql_where=sa.text('alarm_at IS NOT NULL'))
        batch_op.drop_column('alarm_at')
        batch_op.drop_column('clocks')
        batch_op.drop_column('extension_requested_at')
        batch_op.drop_column('extensions')
        batch_op.drop_column('appeal_decided_at')
        batch_op.drop_column('appealed_at')
        batch_op.drop_column('is_exempt')

    with op.batch_alter_table('stopped_clocks', schema=None) as batch_op:
        batch_op.drop_index('ix_stopped_clocks_case')

    op.drop_table('stopped_clocks')
    op.drop_table('stage_limits')
    op.drop_table('office_hours')
    op.drop_table('leases')
