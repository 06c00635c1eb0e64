"""An event of a feed as receivers get it: a CloudEvent (version 1.0) in JSON.

https://github.com/cloudevents/spec/blob/main/cloudevents/formats/json-format.md
"""

import json
from collections.abc import Mapping

MEDIA_TYPE = "application/cloudevents+json"
# Events tell where a place is; its address may have become confidential since.
HIDDEN = frozenset({"position"})


def written(event: Mapping[str, object], *, source: str, schema: str | None) -> str:
    """Write an event, given as the feed has it; `source` is the address of that feed.

    `source` and `id` together name the event; `sequence` orders those of one source.
    """
    data = event["data"]
    told = {
        "specversion": "1.0",
        "id": str(event["position"]),
        "source": source,
        "type": event["kind"],
        "subject": event["subject_id"],
        "time": event["occurred_at"],
        "recordedtime": event["recorded_at"],
        "sequence": f"{event['position']:020d}",
        "organisation": event["organisation"],
        "datacontenttype": "application/json",
        "dataschema": schema,
        "data": {k: v for k, v in data.items() if k not in HIDDEN}
        if isinstance(data, Mapping)
        else data,
    }
    return json.dumps({k: v for k, v in told.items() if v is not None}, ensure_ascii=False)
