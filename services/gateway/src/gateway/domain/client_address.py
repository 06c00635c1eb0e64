"""Where a caller comes from, and whether that is a place it may come from."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


def client_address(
    peer: str, forwarded: Sequence[str], proxies: Iterable[Network]
) -> Address | None:
    """Return the nearest address that is none of our own proxies.

    `forwarded` is the `X-Forwarded-For` of the request, left to right. Only what a trusted proxy
    added is believed: it is read from the right while the one who says it is trusted.
    """
    trusted = tuple(proxies)
    nearest = address_of(peer)
    for said in reversed(forwarded):
        if nearest is None or not is_in(nearest, trusted):
            break
        nearest = address_of(said.strip())
    return nearest


def is_in(address: Address | None, networks: Iterable[Network]) -> bool:
    """Tell whether an address lies in one of the networks."""
    return address is not None and any(address in network for network in networks)


def neighbourhood(address: Address | None) -> str:
    """Name what one attacker can easily have of addresses: an IPv4 one, or an IPv6 /64."""
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address) >> 64 << 64, 64)))
    return str(address)


def address_of(text: str) -> Address | None:
    """Read an address, None if it is none; one of IPv4 written as IPv6 is one of IPv4."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
