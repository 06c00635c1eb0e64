"""Typeset data as a PDF by Typst: nothing in the data is read as markup, no font of the machine.

Needs the extra `ronde-shared[pdf]`.
"""

from collections.abc import Mapping
from datetime import datetime


class NoTypesetterError(RuntimeError):
    """The extra that typesets is not installed here."""


def typeset(template: str, inputs: Mapping[str, str], made_at: datetime) -> bytes:
    """Typeset a template; the same template, inputs and moment give the same bytes.

    CPU work of some 50 ms, for a thread; the first in a process takes twice as long.

    Parameters
    ----------
    inputs : what the template reads in `sys.inputs`
    made_at : aware; when the document says it was made

    Raises
    ------
    NoTypesetterError : when the extra is not installed
    """
    # Loaded only where something is typeset: the library is 80 MB of native code.
    try:
        import typst
    except ImportError as error:
        raise NoTypesetterError("install ronde-shared[pdf]") from error

    made = typst.compile(
        template.encode(),
        format="pdf",
        sys_inputs=dict(inputs),
        # Fonts of the machine would make another document of the same data elsewhere.
        ignore_system_fonts=True,
        timestamp=int(made_at.timestamp()),
    )
    if not isinstance(made, bytes):
        raise TypeError("typst gave several files where one was asked for")
    return made
