"""Write to who made a complaint, once it is closed, where they left an address."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.calendar import local_day
from inspections.store import complaints
from inspections.store.tables import ComplaintRow
from shared import mail
from shared.mail import NewMail


async def write_to_author(session: AsyncSession, row: ComplaintRow, now: datetime) -> None:
    """Put the mail into the outbox; it is forgotten with the address it goes to."""
    contact = await complaints.contact_of(session, row.id)
    if contact is not None and contact.email:
        await mail.post(session, row.organisation, [_mail(row, contact.email)], now)


def _mail(row: ComplaintRow, recipient: str) -> NewMail:
    """Say that the complaint is closed, in both languages: neither where it was nor what of."""
    day = local_day(row.created_at)
    return NewMail(
        recipient=recipient,
        subject="[Ronde] Signalement clos / Complaint closed",
        body=(
            f"Le signalement que vous avez fait le {day:%d/%m/%Y} a été examiné et clos.\n"
            f"The complaint you made on {day:%Y-%m-%d} was looked into and closed.\n\n"
            f"Référence / Reference : {row.id}\n"
        ),
        about=row.id,
        key=f"complaint:{row.id}:closed",
    )
