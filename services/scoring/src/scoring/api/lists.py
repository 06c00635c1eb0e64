"""What a list may be asked."""

from pydantic import BaseModel, ConfigDict

from shared.paging import Cursor, Limit


class Query(BaseModel):
    """Parameters of a list; one it does not know is an error, not a wish passed over."""

    model_config = ConfigDict(extra="forbid")


class PageQuery(Query):
    """What every list in pages takes."""

    limit: Limit = 100
    cursor: Cursor = None
