"""Mail to people with accounts: asked for in the transaction of its cause, sent by a job."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.store.access_tables import AccountRow, InvitationRow
from gateway.use_cases.invite import link_of
from gateway.use_cases.keyring import Sealer
from shared.jobs import Jobs

KIND = "send_link"


@dataclass(frozen=True, slots=True)
class Post:
    """Writes links, and has them sent where there is a mail server."""

    jobs: Jobs
    sealer: Sealer
    public_url: str
    has_server: bool

    def link(self, invitation: InvitationRow) -> str:
        """Write the address at which an invitation is accepted."""
        return link_of(invitation, self.sealer, self.public_url)

    async def send_link(
        self,
        session: AsyncSession,
        account: AccountRow,
        invitation: InvitationRow,
        *,
        asked_by: str,
    ) -> bool:
        """Have a link sent when the transaction commits; tell whether there is a server for it."""
        if self.has_server:
            await self.jobs.enqueue(
                session,
                organisation=account.organisation,
                subject=asked_by,
                kind=KIND,
                key=str(invitation.id),
                arguments={"invitation_id": str(invitation.id)},
            )
        return self.has_server
