"""The index of due times says whether what was due was done."""

import sqlalchemy as sa
from alembic import op


revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None

DUE = sa.text('due_at IS NOT NULL')


def _replace(*columns: str) -> None:
    op.drop_index('ix_cases_due', table_name='cases')
    op.create_index('ix_cases_due', 'cases', list(columns), sqlite_where=DUE, postgresql_where=DUE)


def upgrade() -> None:
    _replace('realm', 'due_at', 'division_path', 'closed_at', 'handled_at')


def downgrade() -> None:
    _replace('realm', 'due_at', 'division_path')
