"""The emergency numbers of the whole country, shown beside every alert."""

from shared.contracts.inspections.alerts import AuthorityContact, AuthorityKind

# Numbers of general interest, https://www.service-public.fr (numéros d'urgence).
NATIONAL = (
    (AuthorityKind.emergency, "Numéro d'urgence européen", "112"),
    (AuthorityKind.emergency, "SAMU", "15"),
    (AuthorityKind.emergency, "Police secours", "17"),
    (AuthorityKind.fire_service, "Sapeurs-pompiers", "18"),
    (AuthorityKind.emergency, "Numéro d'urgence pour sourds et malentendants (SMS)", "114"),
    (AuthorityKind.child_protection, "Enfance en danger", "119"),
)


def national_contacts() -> list[AuthorityContact]:
    """List the emergency numbers of the country."""
    return [
        AuthorityContact(
            id=None, territory=None, kind=kind, name=name, phone=phone, email="", note=""
        )
        for kind, name, phone in NATIONAL
    ]
