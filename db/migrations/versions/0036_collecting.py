"""The register of fields, collected values, and who looked at them."""

import sqlalchemy as sa
import sqlmodel
from alembic import op


revision = '0036'
down_revision = '0035'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('collection_fields',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('realm', sa.String(length=40), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('part', sa.String(length=40), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('definition', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('value_kind', sa.String(length=40), nullable=False),
    sa.Column('choices', sa.JSON(), nullable=False),
    sa.Column('refresh_days', sa.Integer(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('owner_path', sa.String(length=80).with_variant(sa.String(length=80, collation='C'), 'postgresql'), nullable=False),
    sa.Column('is_personal', sa.Boolean(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('registered_by', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('registered_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['owner_id'], ['departments.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('realm', 'code')
    )
    op.create_table('collection_subjects',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('realm', sa.String(length=40), nullable=False),
    sa.Column('grid_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('path', sa.String(length=80).with_variant(sa.String(length=80, collation='C'), 'postgresql'), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('reference', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.ForeignKeyConstraint(['grid_id'], ['grids.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('realm', 'grid_id', 'kind', 'reference')
    )
    op.create_table('collection_accesses',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('realm', sa.String(length=40), nullable=False),
    sa.Column('subject_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('principal', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('fields', sa.JSON(), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['subject_id'], ['collection_subjects.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('collection_accesses', schema=None) as batch_op:
        batch_op.create_index('ix_collection_accesses_subject', ['subject_id'], unique=False)

    op.create_table('collection_consumers',
    sa.Column('field_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('department_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('part', sa.String(length=40), nullable=False),
    sa.Column('path', sa.String(length=80).with_variant(sa.String(length=80, collation='C'), 'postgresql'), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['department_id'], ['departments.id'], ),
    sa.ForeignKeyConstraint(['field_id'], ['collection_fields.id'], ),
    sa.PrimaryKeyConstraint('field_id', 'department_id')
    )
    op.create_table('collection_field_names',
    sa.Column('field_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name_key', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.ForeignKeyConstraint(['field_id'], ['collection_fields.id'], ),
    sa.PrimaryKeyConstraint('field_id', 'name_key')
    )
    with op.batch_alter_table('collection_field_names', schema=None) as batch_op:
        batch_op.create_index('ix_collection_field_names_key', ['name_key'], unique=False)

    op.create_table('collection_submissions',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('realm', sa.String(length=40), nullable=False),
    sa.Column('subject_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('grid_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('path', sa.String(length=80).with_variant(sa.String(length=80, collation='C'), 'postgresql'), nullable=False),
    sa.Column('actor', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('key', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('body_hash', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('found_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('collected', sa.Integer(), nullable=False),
    sa.Column('reused', sa.Integer(), nullable=False),
    sa.Column('asked_twice', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['grid_id'], ['grids.id'], ),
    sa.ForeignKeyConstraint(['subject_id'], ['collection_subjects.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('realm', 'actor', 'key')
    )
    with op.batch_alter_table('collection_submissions', schema=None) as batch_op:
        batch_op.create_index('ix_collection_submissions_day', ['realm', 'at'], unique=False)
        batch_op.create_index('ix_collection_submissions_path', ['realm', 'path', 'id'], unique=False)

    op.create_table('current_values',
    sa.Column('subject_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('field_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('value', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('found_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['field_id'], ['collection_fields.id'], ),
    sa.ForeignKeyConstraint(['subject_id'], ['collection_subjects.id'], ),
    sa.PrimaryKeyConstraint('subject_id', 'field_id')
    )
    op.create_table('collected_values',
    sa.Column('submission_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('field_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('value', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.ForeignKeyConstraint(['field_id'], ['collection_fields.id'], ),
    sa.ForeignKeyConstraint(['submission_id'], ['collection_submissions.id'], ),
    sa.PrimaryKeyConstraint('submission_id', 'field_id')
    )
    op.create_table('collection_reaches',
    sa.Column('submission_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('department_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('part', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['department_id'], ['departments.id'], ),
    sa.ForeignKeyConstraint(['submission_id'], ['collection_submissions.id'], ),
    sa.PrimaryKeyConstraint('submission_id', 'department_id', 'part')
    )
    with op.batch_alter_table('collection_reaches', schema=None) as batch_op:
        batch_op.create_index('ix_collection_reaches_department', ['department_id', 'submission_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('collection_reaches', schema=None) as batch_op:
        batch_op.drop_index('ix_collection_reaches_department')

    op.drop_table('collection_reaches')
    op.drop_table('collected_values')
    op.drop_table('current_values')
    with op.batch_alter_table('collection_submissions', schema=None) as batch_op:
        batch_op.drop_index('ix_collection_submissions_path')
        batch_op.drop_index('ix_collection_submissions_day')

    op.drop_table('collection_submissions')
    with op.batch_alter_table('collection_field_names', schema=None) as batch_op:
        batch_op.drop_index('ix_collection_field_names_key')

    op.drop_table('collection_field_names')
    op.drop_table('collection_consumers')
    with op.batch_alter_table('collection_accesses', schema=None) as batch_op:
        batch_op.drop_index('ix_collection_accesses_subject')

    op.drop_table('collection_accesses')
    op.drop_table('collection_subjects')
    op.drop_table('collection_fields')
