"""What is sent for others leaves our own network: no address leads a message into it."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import IPv4Address, IPv4Network, ip_address

import aiohttp.resolver
import pytest
from hypothesis import given
from hypothesis import strategies as st
from webhook_receiver import receiving

from gateway.clients.receivers import Receivers
from gateway.domain.reach import is_public


@pytest.mark.parametrize(
    "place",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "10.0.0.1",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "[fe80::1]",
        "[fd00::1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "224.0.0.1",
        "2130706433",
        "0x7f.1",
    ],
)
async def test_no_message_goes_to_an_address_of_our_own(place):
    async with receiving() as receiver, Receivers(()).open() as closed:
        for scheme in ("http", "https"):
            url = f"{scheme}://{place}:{receiver.port}/"
            answer = await closed.post(url, b"{}", {"webhook-id": "1"})
            assert answer.status is None
            assert answer.error in {
                "its address is not one that messages are sent to",
                "its name is not known",
                "its address cannot be read",
            }, (url, answer)
        assert receiver.heads == []


async def test_a_name_that_changes_its_address_leads_nowhere_else(monkeypatch):
    """What counts is the address at the moment of connecting, not what a name said before."""

    async def inward(self, host, port=0, family=0):
        return [
            {
                "hostname": host,
                "host": "127.0.0.1",
                "port": port,
                "family": 2,
                "proto": 0,
                "flags": 0,
            }
        ]

    monkeypatch.setattr(aiohttp.resolver.ThreadedResolver, "resolve", inward)
    monkeypatch.setattr(aiohttp.resolver.DefaultResolver, "resolve", inward)
    async with receiving() as receiver, Receivers(()).open() as closed:
        answer = await closed.post(f"https://suivi.example:{receiver.port}/", b"{}", {})
        assert answer.error == "its address is not one that messages are sent to"
        assert receiver.heads == []


async def test_clear_text_goes_to_no_public_address():
    async with Receivers((IPv4Network("127.0.0.0/8"),)).open() as opened:
        answer = await opened.post("http://93.184.215.14/", b"{}", {})
    assert answer.error == "its address is not one that messages are sent to"


async def test_what_an_operator_allows_is_reached_and_a_date_to_come_back_is_read():
    when = datetime.now(UTC) + timedelta(minutes=10)
    for said, least, most in [
        (b"90", 90, 90),
        (format_datetime(when, usegmt=True).encode(), 590, 600),
        (b"soon", None, None),
    ]:
        answer = b"HTTP/1.1 503 No\r\nContent-Length: 0\r\nRetry-After: " + said + b"\r\n\r\n"
        networks = (IPv4Network("127.0.0.0/8"),)
        async with receiving(answer=answer) as receiver, Receivers(networks).open() as opened:
            told = await opened.post(receiver.url, b"{}", {"webhook-id": "1"})
        assert told.status == 503
        assert told.asked_for_s is None if least is None else least <= told.asked_for_s <= most


@given(st.ip_addresses(v=4))
def test_no_way_of_writing_an_address_makes_it_public(address: IPv4Address):
    number = int(address)
    carried = [
        ip_address(f"64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}"),
        ip_address(f"2002:{number >> 16:x}:{number & 0xFFFF:x}::1"),
    ]
    assert not any(is_public(it) for it in carried)
    assert not is_public(address) or address.is_global
