"""How places stood as far as was known at a moment, for statements that read many of them."""

from inspections.domain.anomaly import Responsibility
from inspections.domain.checklist import DANGER
from inspections.domain.grading import MODERATE, SERIOUS
from inspections.store.anomalies_known import STOOD

# To stand beside `accommodation`: its last visit that saw something, the grade that gave it, and
# what nobody has seen to be right since.
JOINED = (
    "left join lateral (select max(occurred_at) as visited_at, "  # noqa: S608 - names of ours
    "(array_agg(grade order by occurred_at desc, id desc) filter (where grade is not null))[1] "
    "as grade from inspection where inspection.organisation = accommodation.organisation "
    "and inspection.accommodation_id = accommodation.id "
    "and known_at <= :at and coverage > 0) as last on true "
    "left join (select accommodation_id, "
    "bool_or(critical) filter (where theirs) as danger, "
    "max(severity) filter (where theirs) as worst, "
    "max(severity) filter (where theirs and late) as worst_late, "
    "count(*) filter (where late) as overdue, "
    f"count(*) filter (where severity < {MODERATE}) as minor, "
    f"count(*) filter (where severity = {MODERATE}) as moderate, "
    f"count(*) filter (where severity = {SERIOUS}) as serious, "
    f"count(*) filter (where severity = {DANGER}) as danger_standing "
    f"from (select *, responsibility = '{Responsibility.operator}' as theirs, "
    "state in ('open', 'notified', 'reopened') and due_at < :at as late "
    f"from ({STOOD.format(now='', then='')}) as stood where state <> 'verified') as each_one "
    "group by accommodation_id) as trouble on trouble.accommodation_id = accommodation.id "
)
# `domain.place_grade.worsened`, for who reads thousands of places at once.
GRADE = (
    "case when last.grade is null then null "
    f"when trouble.danger or trouble.worst_late >= {SERIOUS} then 'D' "
    f"when trouble.worst >= {SERIOUS} or trouble.worst_late >= {MODERATE} "
    "then greatest(last.grade, 'C') "
    f"when trouble.worst >= {MODERATE} then greatest(last.grade, 'B') else last.grade end"
)
