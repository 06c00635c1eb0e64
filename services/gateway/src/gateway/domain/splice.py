"""Add members to a JSON object that is passed on unread: a plan of a city has megabytes."""


def with_members(document: bytes, members: bytes) -> bytes:
    """Put the members of one JSON object before those of another.

    Raises
    ------
    ValueError : one of the two is no JSON object
    """
    ours, theirs = members.strip(), document.strip()
    for it in (ours, theirs):
        if not (it.startswith(b"{") and it.endswith(b"}")):
            raise ValueError("not a JSON object")
    inner, rest = ours[1:-1].strip(), theirs[1:].lstrip()
    comma = b"," if inner and rest != b"}" else b""
    return b"{" + inner + comma + rest
