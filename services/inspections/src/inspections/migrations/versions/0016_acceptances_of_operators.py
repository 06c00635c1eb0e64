"""Know who accepted a charter by the operator of the register, whatever its name becomes."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute(
        "alter table charter_acceptance add column operator_id uuid, "
        "add foreign key (organisation, operator_id) references operator (organisation, id)"
    )
    # Forced security would hide from their owner the rows read and written here.
    for table in ("charter_acceptance", "operator"):
        op.execute(f"alter table {table} no force row level security")
    op.execute(
        "insert into operator (organisation, id, name) "
        "select organisation, gen_random_uuid(), operator from charter_acceptance "
        "group by organisation, operator on conflict (organisation, name) do nothing"
    )
    op.execute(
        "update charter_acceptance set operator_id = operator.id from operator "
        "where operator.organisation = charter_acceptance.organisation "
        "and operator.name = charter_acceptance.operator"
    )
    for table in ("charter_acceptance", "operator"):
        op.execute(f"alter table {table} force row level security")
    # Empty still where code of the release before goes on writing.
    op.execute(
        "create unique index charter_acceptance_once_an_operator "
        "on charter_acceptance (organisation, charter_id, operator_id) "
        "where operator_id is not null"
    )
