"""Sends the link of an invitation. The job carries an id alone; the link is computed here."""

from uuid import UUID

from gateway.store.access_tables import AccountRow, InvitationRow
from gateway.use_cases.invite import link_of
from gateway.use_cases.keyring import Sealer
from shared.jobs import Handler, Job
from shared.mail import MailServer

TEXT = """Bonjour,

Ouvrez ce lien pour choisir votre mot de passe dans Ronde ; il sert une fois, jusqu'au {until}.

{link}

Open this link to choose your password in Ronde; it works once, until {until}.
"""


def handler(sealer: Sealer, public_url: str, server: MailServer) -> Handler:
    """Make the handler of the job."""

    async def send_link(job: Job) -> None:
        async with job.database.session(job.organisation) as session:
            wanted = UUID(str(job.arguments["invitation_id"]))
            invitation = await session.get(InvitationRow, wanted)
            account = await session.get(AccountRow, invitation.account_id) if invitation else None
        if invitation is not None and account is not None and invitation.used_at is None:
            until = f"{invitation.expires_at:%d/%m/%Y %H:%M} UTC"
            text = TEXT.format(link=link_of(invitation, sealer, public_url), until=until)
            await server.send(
                invitation.id, account.email, "Ronde : votre accès / your access", text
            )
        async with job.completion({}):
            pass

    return send_link
