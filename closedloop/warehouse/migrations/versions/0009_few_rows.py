"""What few rows say is found without looking through all of them: which incident was merged into which, and
which event corrects which. A build that catches up asks for both."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

FOUND = """
create index incidents_merged_into on raw.incidents (merged_into) where merged_into is not null;
create index loop_events_supersedes on raw.loop_events (supersedes) where supersedes is not null;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(FOUND)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only: restore the backup made before this release")
