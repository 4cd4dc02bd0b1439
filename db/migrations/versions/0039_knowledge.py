"""The knowledge base and its search index: FTS5 on SQLite, a tsvector on PostgreSQL."""

import sqlalchemy as sa
import sqlmodel
from alembic import op


revision = '0039'
down_revision = '0038'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('knowledge_items',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('realm', sa.String(length=40), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('code', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('question', sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
    sa.Column('also_asked', sa.Text(), nullable=False),
    sa.Column('answer', sa.Text(), nullable=False),
    sa.Column('source', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('division_code', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('path', sa.String(length=80).with_variant(sa.String(length=80, collation='C'), 'postgresql'), nullable=False),
    sa.Column('owner', sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('updated_by', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['division_code'], ['divisions.code'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('realm', 'code')
    )
    with op.batch_alter_table('knowledge_items', schema=None) as batch_op:
        batch_op.create_index('ix_knowledge_items_path', ['realm', 'path', 'id'], unique=False)

    op.create_table('knowledge_verdicts',
    sa.Column('item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('principal', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('is_solved', sa.Boolean(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['item_id'], ['knowledge_items.id'], ),
    sa.PrimaryKeyConstraint('item_id', 'principal')
    )
    if op.get_bind().dialect.name == 'sqlite':
        op.execute("CREATE VIRTUAL TABLE knowledge_words USING fts5(terms, tokenize = 'unicode61')")
    else:
        op.execute(
            "CREATE TABLE knowledge_words (item_id BIGINT PRIMARY KEY REFERENCES knowledge_items (id), "
            "terms TSVECTOR NOT NULL)"
        )
        op.execute("CREATE INDEX knowledge_words_terms ON knowledge_words USING gin (terms)")


def downgrade() -> None:
    op.execute("DROP TABLE knowledge_words")
    op.drop_table('knowledge_verdicts')
    with op.batch_alter_table('knowledge_items', schema=None) as batch_op:
        batch_op.drop_index('ix_knowledge_items_path')

    op.drop_table('knowledge_items')
