"""Where messages may be sent: to public addresses, and to networks that the operator names.

Whoever may name a receiver must not reach through us what only we can reach: the database, the
services, a cloud's own addresses.
"""

from ipaddress import IPv6Address, IPv6Network

from gateway.domain.client_address import Address, is_in

# IPv6 addresses that carry an IPv4 one, which may be any: 6to4, Teredo, NAT64.
_CARRYING = tuple(IPv6Network(it) for it in ("2002::/16", "2001::/32", "64:ff9b::/96"))


def is_public(address: Address) -> bool:
    """Tell whether anybody on the internet could reach an address."""
    carries = isinstance(address, IPv6Address) and is_in(address, _CARRYING)
    return address.is_global and not address.is_multicast and not carries
