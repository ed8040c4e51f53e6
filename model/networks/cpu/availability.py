"""Whether the kernels can be used here. Only this module is imported where they may be missing."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version


@cache
def unavailable() -> str | None:
    """Why the kernels cannot be used here, as a clause; None where they can. The first call compiles one of them."""
    try:
        from model.networks.cpu import compiler, lstm_kernels

        if compiler.ffi_version() not in compiler.FFI_VERSIONS:
            return f"jaxlib {version('jaxlib')} has another foreign function interface"
        lstm_kernels.compile_now()
    except ImportError:
        return "llvmlite is not installed"
    except (RuntimeError, OSError, ValueError) as error:
        return f"llvmlite cannot compile for this CPU: {error}"
    return None
