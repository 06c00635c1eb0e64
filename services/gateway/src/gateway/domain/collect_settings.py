"""The settings of a field app as ODK Collect and KoboCollect read them from a QR code."""

import base64
import json
import zlib


def collect_settings(server_url: str, name: str) -> str:
    """Write the settings: JSON, packed by zlib, in base 64 (ODK Collect, configuring by QR code).

    The forms follow those of the server, and what is filled in is sent as soon as there is a
    network.
    """
    settings = {
        "general": {
            "protocol": "odk_default",
            "server_url": server_url,
            "form_update_mode": "match_exactly",
            "autosend": "wifi_and_cellular",
        },
        "admin": {"change_server": False},
        "project": {"name": name},
    }
    packed = zlib.compress(json.dumps(settings, separators=(",", ":")).encode())
    return base64.b64encode(packed).decode()
