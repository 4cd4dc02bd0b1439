"""Apps of communities, streets and counties, and the documents they may send."""

import sqlalchemy as sa
import sqlmodel
from alembic import op


revision = '0030'
down_revision = '0029'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('client_apps',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('realm', sa.String(length=40), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
    sa.Column('division_code', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('path', sa.String(length=80).with_variant(sa.String(length=80, collation='C'), 'postgresql'), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('colour', sqlmodel.sql.sqltypes.AutoString(length=7), nullable=False),
    sa.Column('logo_id', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=True),
    sa.Column('scenes', sa.JSON(), nullable=False),
    sa.Column('only_registered', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('registered_by', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('registered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['division_code'], ['divisions.code'], ),
    sa.ForeignKeyConstraint(['logo_id'], ['attachments.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('realm', 'code')
    )
    with op.batch_alter_table('client_apps', schema=None) as batch_op:
        batch_op.create_index('ix_client_apps_path', ['realm', 'path'], unique=False)

    op.create_table('client_app_documents',
    sa.Column('app_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sha256', sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
    sa.ForeignKeyConstraint(['app_id'], ['client_apps.id'], ),
    sa.PrimaryKeyConstraint('app_id', 'sha256')
    )


def downgrade() -> None:
    op.drop_table('client_app_documents')
    with op.batch_alter_table('client_apps', schema=None) as batch_op:
        batch_op.drop_index('ix_client_apps_path')

    op.drop_table('client_apps')
