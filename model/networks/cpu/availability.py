"""What this CPU can do: whether the kernels can be used here, and whether products of bfloat16 gain anything. Only this
module is imported where the kernels may be missing.
"""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import version

_VECTORS, _MATRICES = "avx512bf16", "amx-bf16"
"""Instructions for products of bfloat16, as LLVM calls them."""


@cache
def unavailable() -> str | None:
    """Why the kernels cannot be used here, as a clause; None where they can. The first call compiles one of them."""
    try:
        from model.networks.cpu import ffi_handler, lstm_kernels

        if ffi_handler.ffi_version() not in ffi_handler.FFI_VERSIONS:
            return f"jaxlib {version('jaxlib')} has another foreign function interface"
        lstm_kernels.compile_now()
    except ImportError:
        return "llvmlite is not installed"
    except (RuntimeError, OSError, ValueError) as error:
        return f"llvmlite cannot compile for this CPU: {error}"
    return None


@cache
def slower_with(precision: str, network: str) -> str | None:
    """That training a kind of network with products of this precision is slower on this CPU than with float32, in a
    sentence; None where it is not, or not known to be: only of x86 is it known.
    """
    if precision == "float32" or platform.machine().lower() not in ("x86_64", "amd64"):
        return None
    try:
        import llvmlite.binding as llvm

        features = llvm.get_host_cpu_features()
    except (ImportError, RuntimeError):
        return None
    if features.get(_MATRICES):
        return None
    why = "it has no instructions for such products"
    if features.get(_VECTORS):
        if network != "lstm":
            return None
        why = "an LSTM's kernels, all time steps in one, are of float32"
    return f"On this processor {precision} trains more slowly than float32: {why}."
