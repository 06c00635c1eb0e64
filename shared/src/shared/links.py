"""Addresses of this system as its callers reach it, for protocols whose links are absolute."""

from fastapi import Request

# The gateway says where it was asked, an address's own key included; services alone hear it.
BASE_URL = "ronde-base-url"


def base_url(request: Request) -> str:
    """Return what stands before a path of this service for who asks, without a slash at its end."""
    told = request.headers.get(BASE_URL)
    return told if told is not None else str(request.base_url).rstrip("/")
