"""What the duty desk lets the walls of a division show."""

import sqlalchemy as sa
import sqlmodel
from alembic import op


revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
CODE = sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql')
PATH = sa.String(length=80).with_variant(sa.String(length=80, collation='C'), 'postgresql')


def upgrade() -> None:
    op.create_table('screens',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('realm', sa.String(length=40), nullable=False),
    sa.Column('division_code', CODE, nullable=False),
    sa.Column('path', PATH, nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('target', CODE, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('set_by', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('set_role', sa.String(length=40), nullable=True),
    sa.ForeignKeyConstraint(['division_code'], ['divisions.code'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('realm', 'division_code', name='uq_screens_division')
    )


def downgrade() -> None:
    op.drop_table('screens')
