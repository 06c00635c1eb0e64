"""Compile a function of numbers and arrays to machine code, kept on disk for the next process."""

import os
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

# The code kept by one machine must serve on the next, whose processor may be older.
os.environ.setdefault("NUMBA_CPU_NAME", "generic")

import numba

Taken = ParamSpec("Taken")
Given = TypeVar("Given")


def compiled(function: Callable[Taken, Given]) -> Callable[Taken, Given]:
    """Compile at the first call, once for all processes of an installation."""
    return cast(
        "Callable[Taken, Given]", numba.njit(cache=True, error_model="numpy", nogil=True)(function)
    )
