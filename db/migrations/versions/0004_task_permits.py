"""Task permits: applications, reviews, the negative list, what was refused; a permit is of one realm or of both."""

import sqlalchemy as sa
import sqlmodel
from alembic import op


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

COLUMNS = ['matter_id', 'division_code', 'task', 'valid_from']
NAMES = {"uq": "uq_%(table_name)s_%(column_0_name)s"}  # what SQLite left without a name


def _name_of_first_key() -> str:
    if op.get_bind().dialect.name == 'sqlite':
        return 'uq_task_permits_matter_id'
    return 'task_permits_matter_id_division_code_task_valid_from_key'


def upgrade() -> None:
    op.create_table('negative_matters',
    sa.Column('division_code', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('matter_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.ForeignKeyConstraint(['division_code'], ['divisions.code'], ),
    sa.ForeignKeyConstraint(['matter_id'], ['matters.id'], ),
    sa.PrimaryKeyConstraint('division_code', 'matter_id')
    )
    op.create_table('permit_reviewers',
    sa.Column('division_code', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('department_code', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.ForeignKeyConstraint(['division_code'], ['divisions.code'], ),
    sa.PrimaryKeyConstraint('division_code', 'department_code')
    )
    op.create_table('permit_applications',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('realm', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('matter_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('division_code', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('path', sa.String(length=80).with_variant(sa.String(length=80, collation='C'), 'postgresql'), nullable=False),
    sa.Column('department_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('tasks', sa.JSON(), nullable=False),
    sa.Column('legal_basis', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('frequency', sa.String(length=40), nullable=False),
    sa.Column('minutes_per_task', sa.Integer(), nullable=False),
    sa.Column('resources', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('wanted_from', sa.Date(), nullable=False),
    sa.Column('wanted_to', sa.Date(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=True),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('applied_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reviewed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('review_due_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['department_id'], ['departments.id'], ),
    sa.ForeignKeyConstraint(['division_code'], ['divisions.code'], ),
    sa.ForeignKeyConstraint(['matter_id'], ['matters.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('permit_applications', schema=None) as batch_op:
        batch_op.create_index('ix_permit_applications_matter', ['realm', 'matter_id', 'id'], unique=False)
        batch_op.create_index('ix_permit_applications_path', ['realm', 'path', 'id'], unique=False)
        batch_op.create_index('ix_permit_applications_unit', ['realm', 'department_id', 'id'], unique=False)

    op.create_table('permit_refusals',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('realm', sa.String(length=40), nullable=False),
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('path', sa.String(length=80).with_variant(sa.String(length=80, collation='C'), 'postgresql'), nullable=False),
    sa.Column('matter_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('task', sa.String(length=40), nullable=False),
    sa.Column('asked_by', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('department_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('application_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['application_id'], ['permit_applications.id'], ),
    sa.ForeignKeyConstraint(['asked_by'], ['divisions.code'], ),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.ForeignKeyConstraint(['department_id'], ['departments.id'], ),
    sa.ForeignKeyConstraint(['matter_id'], ['matters.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('permit_refusals', schema=None) as batch_op:
        batch_op.create_index('ix_permit_refusals_day', ['realm', 'day', 'path'], unique=False)

    op.create_table('permit_reviews',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('application_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('division_code', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('path', sa.String(length=80).with_variant(sa.String(length=80, collation='C'), 'postgresql'), nullable=False),
    sa.Column('department_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('opinion', sa.String(length=40), nullable=True),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['application_id'], ['permit_applications.id'], ),
    sa.ForeignKeyConstraint(['department_id'], ['departments.id'], ),
    sa.ForeignKeyConstraint(['division_code'], ['divisions.code'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('permit_reviews', schema=None) as batch_op:
        batch_op.create_index('ix_permit_reviews_application', ['application_id', 'id'], unique=False)
        batch_op.create_index('ix_permit_reviews_unit', ['department_id', 'application_id'], unique=False)

    op.create_table('permit_steps',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('application_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('action', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('actor', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('unit_name', sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['application_id'], ['permit_applications.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('permit_steps', schema=None) as batch_op:
        batch_op.create_index('ix_permit_steps_application', ['application_id', 'id'], unique=False)

    with op.batch_alter_table('task_permits', schema=None, naming_convention=NAMES) as batch_op:
        batch_op.drop_constraint(_name_of_first_key(), type_='unique')
        batch_op.add_column(sa.Column('realm', sqlmodel.sql.sqltypes.AutoString(length=40), server_default='', nullable=False))
        batch_op.add_column(sa.Column('minutes_per_task', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('application_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.add_column(sa.Column('end_reason', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=True))
        batch_op.create_index(batch_op.f('ix_task_permits_application_id'), ['application_id'], unique=False)
        batch_op.create_unique_constraint('uq_task_permits', [*COLUMNS, 'realm'])



def downgrade() -> None:
    with op.batch_alter_table('task_permits', schema=None) as batch_op:
        batch_op.drop_constraint('uq_task_permits', type_='unique')
        batch_op.drop_index(batch_op.f('ix_task_permits_application_id'))
        batch_op.drop_column('end_reason')
        batch_op.drop_column('application_id')
        batch_op.drop_column('minutes_per_task')
        batch_op.drop_column('realm')
        batch_op.create_unique_constraint(_name_of_first_key(), COLUMNS)

    with op.batch_alter_table('permit_steps', schema=None) as batch_op:
        batch_op.drop_index('ix_permit_steps_application')

    op.drop_table('permit_steps')
    with op.batch_alter_table('permit_reviews', schema=None) as batch_op:
        batch_op.drop_index('ix_permit_reviews_unit')
        batch_op.drop_index('ix_permit_reviews_application')

    op.drop_table('permit_reviews')
    with op.batch_alter_table('permit_refusals', schema=None) as batch_op:
        batch_op.drop_index('ix_permit_refusals_day')

    op.drop_table('permit_refusals')
    with op.batch_alter_table('permit_applications', schema=None) as batch_op:
        batch_op.drop_index('ix_permit_applications_unit')
        batch_op.drop_index('ix_permit_applications_path')
        batch_op.drop_index('ix_permit_applications_matter')

    op.drop_table('permit_applications')
    op.drop_table('permit_reviewers')
    op.drop_table('negative_matters')
