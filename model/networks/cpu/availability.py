"""Whether the kernels can be used here. Only this module is imported where they may be missing."""

from __future__ import annotations

import re
from functools import cache
from importlib.metadata import version
from pathlib import Path

import jax


@cache
def unavailable() -> str | None:
    """Why the kernels cannot be used here, as a clause; None where they can. The first call compiles one of them."""
    try:
        from model.networks.cpu import compiler, lstm_kernels

        if _ffi_version() != compiler.FFI_VERSION:
            return f"jaxlib {version('jaxlib')} has another foreign function interface than 0.3"
        lstm_kernels.compile_now()
    except ImportError:
        return "llvmlite is not installed"
    except (RuntimeError, OSError, ValueError) as error:
        return f"llvmlite cannot compile for this CPU: {error}"
    return None


def _ffi_version() -> tuple[int, ...] | None:
    """Major and minor version of XLA's foreign function interface, from the header that comes with jaxlib."""
    try:
        header = (Path(jax.ffi.include_dir()) / "xla/ffi/api/c_api.h").read_text(encoding="utf-8")
    except OSError:
        return None
    return tuple(map(int, re.findall(r"#define XLA_FFI_API_(?:MAJOR|MINOR) (\d+)", header)))
