"""A file that a refresh took from the inbox says so: it was called ``cli`` before."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

REFRESHED = """
alter table ops.batches drop constraint batches_loaded_by;
alter table ops.batches add constraint batches_loaded_by
    check (loaded_by in ('cli', 'refresh', 'upload', 'replay', 'demo'));
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(REFRESHED)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only: restore the backup made before this release")
