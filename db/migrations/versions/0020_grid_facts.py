"""Party organisations, and the programme that grids and cases belong to."""

import sqlalchemy as sa
import sqlmodel
from alembic import op


revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('party_organisations',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('grid_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
    sa.ForeignKeyConstraint(['grid_id'], ['grids.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('grid_id', 'kind', 'name')
    )
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.add_column(sa.Column('programme', sa.String(length=40), nullable=True))
        batch_op.create_index('ix_cases_programme', ['realm', 'programme', 'division_path', 'submitted_at'], unique=False, sqlite_where=sa.text('programme IS NOT NULL'), postgresql_where=sa.text('programme IS NOT NULL'))

    with op.batch_alter_table('grids', schema=None) as batch_op:
        batch_op.add_column(sa.Column('programme', sa.String(length=40), nullable=True))



def downgrade() -> None:
    with op.batch_alter_table('grids', schema=None) as batch_op:
        batch_op.drop_column('programme')

    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.drop_index('ix_cases_programme', sqlite_where=sa.text('programme IS NOT NULL'), postgresql_where=sa.text('programme IS NOT NULL'))
        batch_op.drop_column('programme')

    op.drop_table('party_organisations')
