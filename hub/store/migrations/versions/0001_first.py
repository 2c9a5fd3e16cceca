"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('api_clients',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('organisation', sa.String(length=64), nullable=False),
    sa.Column('secret_hash', sa.String(length=200), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_clients'))
    )
    op.create_index(op.f('ix_api_clients_organisation'), 'api_clients', ['organisation'], unique=False)
    op.create_table('clients',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('municipality', sa.String(length=64), nullable=False),
    sa.Column('bsn_index', sa.String(length=64), nullable=False),
    sa.Column('person', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_clients')),
    sa.UniqueConstraint('municipality', 'bsn_index', name=op.f('uq_clients_municipality'))
    )
    op.create_table('idempotency',
    sa.Column('organisation', sa.String(length=64), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('body_hash', sa.String(length=64), nullable=False),
    sa.Column('status', sa.Integer(), nullable=False),
    sa.Column('location', sa.String(length=200), nullable=True),
    sa.Column('answer', sa.LargeBinary(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('organisation', 'key', name=op.f('pk_idempotency'))
    )
    op.create_table('inbox',
    sa.Column('sender', sa.String(length=64), nullable=False),
    sa.Column('message_id', sa.String(length=64), nullable=False),
    sa.Column('body_hash', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('intake_id', sa.String(length=36), nullable=True),
    sa.Column('referral_id', sa.String(length=36), nullable=True),
    sa.Column('body', sa.LargeBinary(), nullable=True),
    sa.Column('reason', sa.String(length=300), nullable=True),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('sender', 'message_id', name=op.f('pk_inbox'))
    )
    op.create_index(op.f('ix_inbox_intake_id'), 'inbox', ['intake_id'], unique=False)
    op.create_index('ix_inbox_waiting', 'inbox', ['referral_id'], unique=False, postgresql_where=sa.text("state = 'waiting'"), sqlite_where=sa.text("state = 'waiting'"))
    op.create_table('intake',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('organisation', sa.String(length=64), nullable=False),
    sa.Column('connector', sa.String(length=40), nullable=False),
    sa.Column('identification', sa.String(length=200), nullable=True),
    sa.Column('body_hash', sa.String(length=64), nullable=False),
    sa.Column('content_type', sa.String(length=120), nullable=False),
    sa.Column('payload', sa.LargeBinary(), nullable=False),
    sa.Column('answer', sa.LargeBinary(), nullable=True),
    sa.Column('answer_type', sa.String(length=120), nullable=True),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('reason_code', sa.String(length=40), nullable=True),
    sa.Column('reason', sa.String(length=500), nullable=True),
    sa.Column('field', sa.String(length=300), nullable=True),
    sa.Column('dialect_code', sa.String(length=40), nullable=True),
    sa.Column('open_messages', sa.Integer(), nullable=False),
    sa.Column('referral_ids', sa.JSON(), nullable=False),
    sa.Column('losses', sa.JSON(), nullable=True),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('handled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('handled_by', sa.String(length=200), nullable=True),
    sa.Column('handled_how', sa.String(length=500), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_intake'))
    )
    op.create_index('ix_intake_known', 'intake', ['organisation', 'identification'], unique=False)
    op.create_index('ix_intake_state', 'intake', ['state', 'received_at'], unique=False)
    op.create_table('outbox',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
    sa.Column('message_id', sa.String(length=64), nullable=False),
    sa.Column('queue', sa.String(length=80), nullable=False),
    sa.Column('lane', sa.String(length=120), nullable=True),
    sa.Column('kind', sa.String(length=60), nullable=False),
    sa.Column('case_id', sa.String(length=36), nullable=True),
    sa.Column('referral_id', sa.String(length=36), nullable=True),
    sa.Column('receiver', sa.String(length=64), nullable=True),
    sa.Column('reference', sa.String(length=64), nullable=True),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('state', sa.String(length=24), nullable=False),
    sa.Column('open', sa.Boolean(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('published', sa.Integer(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('first_tried_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('delivered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('processed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('error', sa.String(length=300), nullable=True),
    sa.Column('codes', sa.JSON(), nullable=True),
    sa.Column('dropped', sa.JSON(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox')),
    sa.UniqueConstraint('queue', 'message_id', name=op.f('uq_outbox_queue')),
    sqlite_autoincrement=True
    )
    op.create_index('ix_outbox_feed', 'outbox', ['receiver', 'id'], unique=False)
    op.create_index('ix_outbox_open_due', 'outbox', ['due_at', 'id'], unique=False, postgresql_where=sa.text('open'), sqlite_where=sa.text('open'))
    op.create_index('ix_outbox_open_lane', 'outbox', ['lane', 'id'], unique=False, postgresql_where=sa.text('open'), sqlite_where=sa.text('open'))
    op.create_index('ix_outbox_reference', 'outbox', ['reference'], unique=False)
    op.create_index('ix_outbox_referral', 'outbox', ['referral_id', 'id'], unique=False)
    op.create_table('people',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('username', sa.String(length=80), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('organisation', sa.String(length=64), nullable=False),
    sa.Column('role', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=80), nullable=False),
    sa.Column('purpose', sa.String(length=40), nullable=False),
    sa.Column('password_hash', sa.String(length=200), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_people')),
    sa.UniqueConstraint('username', name=op.f('uq_people_username'))
    )
    op.create_index(op.f('ix_people_organisation'), 'people', ['organisation'], unique=False)
    op.create_table('cases',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('client_id', sa.String(length=36), nullable=False),
    sa.Column('municipality', sa.String(length=64), nullable=False),
    sa.Column('regisseur_id', sa.String(length=36), nullable=True),
    sa.Column('regisseur_since', sa.Date(), nullable=True),
    sa.Column('area', sa.String(length=80), nullable=True),
    sa.Column('story', sa.LargeBinary(), nullable=True),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], name=op.f('fk_cases_client_id')),
    sa.ForeignKeyConstraint(['regisseur_id'], ['people.id'], name=op.f('fk_cases_regisseur_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cases')),
    sa.UniqueConstraint('client_id', name=op.f('uq_cases_client_id'))
    )
    op.create_index(op.f('ix_cases_regisseur_id'), 'cases', ['regisseur_id'], unique=False)
    op.create_table('referrals',
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('case_id', sa.String(length=36), nullable=False),
    sa.Column('sender', sa.String(length=64), nullable=False),
    sa.Column('receiver', sa.String(length=64), nullable=False),
    sa.Column('service', sa.String(length=64), nullable=True),
    sa.Column('status', sa.String(length=24), nullable=False),
    sa.Column('delivery', sa.String(length=24), nullable=False),
    sa.Column('outcome', sa.String(length=24), nullable=True),
    sa.Column('inferred', sa.Boolean(), nullable=False),
    sa.Column('urgency', sa.String(length=16), nullable=False),
    sa.Column('life_domains', sa.JSON(), nullable=False),
    sa.Column('basis', sa.String(length=24), nullable=False),
    sa.Column('law', sa.String(length=80), nullable=True),
    sa.Column('purpose', sa.String(length=40), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('correlation', sa.JSON(), nullable=False),
    sa.Column('created_by', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('turn_who', sa.String(length=24), nullable=True),
    sa.Column('turn_what', sa.String(length=40), nullable=True),
    sa.Column('turn_due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('turn_fired_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_referrals_case_id')),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_referrals')),
    sa.UniqueConstraint('id', name=op.f('uq_referrals_id')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_referrals_case_id'), 'referrals', ['case_id'], unique=False)
    op.create_index('ix_referrals_clock', 'referrals', ['turn_due_at'], unique=False, postgresql_where=sa.text('turn_fired_at IS NULL'), sqlite_where=sa.text('turn_fired_at IS NULL'))
    op.create_index('ix_referrals_receiver_number', 'referrals', ['receiver', 'number'], unique=False)
    op.create_index('ix_referrals_sender_number', 'referrals', ['sender', 'number'], unique=False)
    op.create_table('timeline',
    sa.Column('case_id', sa.String(length=36), nullable=False),
    sa.Column('position', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor', sa.String(length=200), nullable=True),
    sa.Column('organisation', sa.String(length=64), nullable=True),
    sa.Column('referral_id', sa.String(length=36), nullable=True),
    sa.Column('inferred', sa.Boolean(), nullable=False),
    sa.Column('data', sa.LargeBinary(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_timeline_case_id')),
    sa.PrimaryKeyConstraint('case_id', 'position', name=op.f('pk_timeline'))
    )
    op.create_index(op.f('ix_timeline_referral_id'), 'timeline', ['referral_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_timeline_referral_id'), table_name='timeline')
    op.drop_table('timeline')
    op.drop_index('ix_referrals_sender_number', table_name='referrals')
    op.drop_index('ix_referrals_receiver_number', table_name='referrals')
    op.drop_index('ix_referrals_clock', table_name='referrals', postgresql_where=sa.text('turn_fired_at IS NULL'), sqlite_where=sa.text('turn_fired_at IS NULL'))
    op.drop_index(op.f('ix_referrals_case_id'), table_name='referrals')
    op.drop_table('referrals')
    op.drop_index(op.f('ix_cases_regisseur_id'), table_name='cases')
    op.drop_table('cases')
    op.drop_index(op.f('ix_people_organisation'), table_name='people')
    op.drop_table('people')
    op.drop_index('ix_outbox_referral', table_name='outbox')
    op.drop_index('ix_outbox_reference', table_name='outbox')
    op.drop_index('ix_outbox_open_lane', table_name='outbox', postgresql_where=sa.text('open'), sqlite_where=sa.text('open'))
    op.drop_index('ix_outbox_open_due', table_name='outbox', postgresql_where=sa.text('open'), sqlite_where=sa.text('open'))
    op.drop_index('ix_outbox_feed', table_name='outbox')
    op.drop_table('outbox')
    op.drop_index('ix_intake_state', table_name='intake')
    op.drop_index('ix_intake_known', table_name='intake')
    op.drop_table('intake')
    op.drop_index('ix_inbox_waiting', table_name='inbox', postgresql_where=sa.text("state = 'waiting'"), sqlite_where=sa.text("state = 'waiting'"))
    op.drop_index(op.f('ix_inbox_intake_id'), table_name='inbox')
    op.drop_table('inbox')
    op.drop_table('idempotency')
    op.drop_table('clients')
    op.drop_index(op.f('ix_api_clients_organisation'), table_name='api_clients')
    op.drop_table('api_clients')
