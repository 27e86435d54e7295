"""A build says whether it made everything anew or went on from another, and how many items it made anew then.
Of builds before this revision that is not known."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

COURSE = """
alter table ops.builds
    add column is_full boolean,
    add column went_on_from bigint references ops.builds,
    add column touched_items bigint,
    add constraint builds_course check (is_full is distinct from (went_on_from is not null));
comment on column ops.builds.is_full is 'Whether everything was made anew; empty where that is not known.';
comment on column ops.builds.went_on_from is 'The build whose rows it kept, but for the touched items.';
comment on column ops.builds.touched_items is 'How many items it made anew; empty for a full build.';

create or replace view status.builds with (security_barrier) as
select
    build_id,
    status,
    started_at,
    finished_at,
    published_at,
    status = 'published' as published,
    stage_failed,
    message,
    last_batch_id,
    is_full,
    went_on_from,
    touched_items
from ops.builds
where nullif(current_setting('closedloop.stations', true), '') is not null;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(COURSE)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only: restore the backup made before this release")
