"""Answers that go on while work does: server-sent events."""

# As OpenAPI 3.2 describes each event.
FOLLOWED: dict[int | str, dict[str, object]] = {
    200: {
        "description": "Events as they come; the last one, `end`, says how it went.",
        "content": {
            "text/event-stream": {
                "schema": {"type": "string"},
                "itemSchema": {
                    "type": "object",
                    "properties": {
                        "event": {"enum": ["progress", "end"]},
                        "data": {"type": "string", "contentMediaType": "application/json"},
                    },
                    "required": ["event", "data"],
                },
            }
        },
    }
}
