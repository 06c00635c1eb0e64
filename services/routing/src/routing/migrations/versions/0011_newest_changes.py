"""Know when each plan last changed, in the order of commits, for who copies plans."""

from alembic import op

from shared.schema import create_changes, note_changes, note_changes_of

revision = "0011"
down_revision = "0010"

# How the search of a plan ended is a change of the plan; how far it is, is none.
NOTE_PLAN_OF_JOB = """
create function note_plan_of_job() returns trigger language plpgsql as $$
begin
    perform note_one_change('plan', plan.organisation, plan.id, false)
    from plan where plan.job_id = new.id;
    return null;
end $$
"""
READ = ("plan", "newest_change")


def upgrade() -> None:
    """Apply the revision."""
    create_changes(op)
    note_changes(op)
    op.execute(NOTE_PLAN_OF_JOB)
    for table in READ:
        op.execute(f"alter table {table} no force row level security")
    op.execute(
        "insert into newest_change (organisation, kind, subject_id, changed_at) "
        "select organisation, 'plan', id, least(coalesce(accepted_at, created_at), now()) from plan"
    )
    for table in READ:
        op.execute(f"alter table {table} force row level security")
    note_changes_of(op, "plan", "insert or update", kind="plan", subject="id")
    op.execute(
        "create constraint trigger note_plan_of_job after update of state on job "
        "deferrable initially deferred for each row "
        "when (new.state is distinct from old.state) execute function note_plan_of_job()"
    )
