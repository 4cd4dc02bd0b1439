"""What may be bought, what never, and what service providers bring."""

import sqlalchemy as sa
import sqlmodel
from alembic import op


revision = '0034'
down_revision = '0033'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('qualification_kinds',
    sa.Column('code', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
    sa.PrimaryKeyConstraint('code')
    )
    op.create_table('catalogue_items',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('code', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('major_name', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('middle_name', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('minor_name', sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
    sa.Column('division_code', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('path', sa.String(length=80).with_variant(sa.String(length=80, collation='C'), 'postgresql'), nullable=False),
    sa.Column('matter_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('task_kind', sa.String(length=40), nullable=False),
    sa.Column('unit', sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
    sa.Column('ceiling_cents', sa.Integer(), nullable=False),
    sa.Column('qualifications', sa.JSON(), server_default='[]', nullable=False),
    sa.Column('needs_before_photo', sa.Boolean(), nullable=False),
    sa.Column('needs_after_photo', sa.Boolean(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['division_code'], ['divisions.code'], ),
    sa.ForeignKeyConstraint(['matter_id'], ['matters.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('code')
    )
    with op.batch_alter_table('catalogue_items', schema=None) as batch_op:
        batch_op.create_index('ix_catalogue_items_matter', ['matter_id'], unique=False)

    op.create_table('reserved_tasks',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('division_code', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('task_kind', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('matter_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.ForeignKeyConstraint(['division_code'], ['divisions.code'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('division_code', 'task_kind', 'matter_id', name='uq_reserved_tasks')
    )
    op.create_table('provider_areas',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('service_provider_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('division_code', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('path', sa.String(length=80).with_variant(sa.String(length=80, collation='C'), 'postgresql'), nullable=False),
    sa.ForeignKeyConstraint(['division_code'], ['divisions.code'], ),
    sa.ForeignKeyConstraint(['service_provider_id'], ['service_providers.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('service_provider_id', 'division_code', name='uq_provider_areas')
    )
    with op.batch_alter_table('provider_areas', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_provider_areas_path'), ['path'], unique=False)

    op.create_table('provider_crews',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('service_provider_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('code', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['service_provider_id'], ['service_providers.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('service_provider_id', 'code', name='uq_provider_crews')
    )
    op.create_table('provider_qualifications',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('service_provider_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind_code', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('number', sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['kind_code'], ['qualification_kinds.code'], ),
    sa.ForeignKeyConstraint(['service_provider_id'], ['service_providers.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('service_provider_id', 'kind_code', name='uq_provider_qualifications')
    )
    op.create_table('provider_technicians',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('service_provider_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('code', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('crew_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['crew_id'], ['provider_crews.id'], ),
    sa.ForeignKeyConstraint(['service_provider_id'], ['service_providers.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('service_provider_id', 'code', name='uq_provider_technicians')
    )
    with op.batch_alter_table('service_providers', schema=None) as batch_op:
        batch_op.add_column(sa.Column('institution_class', sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column('licence_until', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('blacklisted_until', sa.Date(), nullable=True))

    with op.batch_alter_table('work_orders', schema=None) as batch_op:
        batch_op.add_column(sa.Column('catalogue_item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.add_column(sa.Column('quantity', sa.Integer(), server_default='1', nullable=False))
        batch_op.add_column(sa.Column('unit_price_cents', sa.Integer(), nullable=True))



def downgrade() -> None:
    with op.batch_alter_table('work_orders', schema=None) as batch_op:
        batch_op.drop_column('unit_price_cents')
        batch_op.drop_column('quantity')
        batch_op.drop_column('catalogue_item_id')

    with op.batch_alter_table('service_providers', schema=None) as batch_op:
        batch_op.drop_column('blacklisted_until')
        batch_op.drop_column('licence_until')
        batch_op.drop_column('institution_class')

    op.drop_table('provider_technicians')
    op.drop_table('provider_qualifications')
    op.drop_table('provider_crews')
    with op.batch_alter_table('provider_areas', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_provider_areas_path'))

    op.drop_table('provider_areas')
    op.drop_table('reserved_tasks')
    with op.batch_alter_table('catalogue_items', schema=None) as batch_op:
        batch_op.drop_index('ix_catalogue_items_matter')

    op.drop_table('catalogue_items')
    op.drop_table('qualification_kinds')
