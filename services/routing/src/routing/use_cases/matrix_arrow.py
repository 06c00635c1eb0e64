"""Matrices as an Arrow stream: for tables too large to be read as JSON."""

import io
from collections.abc import Mapping

import nanoarrow as na
import numpy as np
from nanoarrow.c_array import CArray
from nanoarrow.ipc import StreamWriter

from routing.domain.road_network import Float64, Int32

MEDIA_TYPE = "application/vnd.apache.arrow.stream"


def arrow_stream(
    tables: Mapping[str, Int32 | Float64], n_rows: int, metadata: Mapping[str, str]
) -> bytes:
    """Write tables of one height as columns of lists of one length; negative cells are null."""
    columns = {name: _column(table) for name, table in tables.items()}
    schema = na.c_schema(na.struct({name: kind for name, (kind, _) in columns.items()}))
    batch = na.c_array_from_buffers(
        schema.modify(metadata=dict(metadata)),
        n_rows,
        [None],
        null_count=0,
        children=[values for _, values in columns.values()],
    )
    out = io.BytesIO()
    with StreamWriter.from_writable(out) as writer:
        writer.write_array(batch)
    return out.getvalue()


def _column(table: Int32 | Float64) -> tuple[na.Schema, CArray]:
    number = na.int32() if table.dtype == np.int32 else na.float64()
    is_known = table.ravel() >= 0
    cells = na.c_array_from_buffers(
        number,
        table.size,
        [np.packbits(is_known, bitorder="little"), np.ascontiguousarray(table).ravel()],
        null_count=int(table.size - is_known.sum()),
    )
    rows = na.fixed_size_list(number, table.shape[1])
    return rows, na.c_array_from_buffers(
        rows, table.shape[0], [None], null_count=0, children=[cells]
    )
