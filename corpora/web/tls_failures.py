"""Why no secure connection came about, in a few words: whose certificate it was, or that the server speaks no TLS."""

from __future__ import annotations

import ssl

from corpora.web.wrapped_errors import wrapped

_CERTIFICATES = {
    9: "its certificate is not valid yet; check this computer's clock",
    10: "its certificate has expired, or this computer's clock is wrong",
    62: "its certificate is another host's",
    64: "its certificate is another host's",
}
"""By OpenSSL's codes of verification."""

_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNKNOWN_PROTOCOL", "HTTP_REQUEST")
"""OpenSSL's names for an answer that is not TLS; they differ between its versions."""


def tls_reason(error: BaseException | None) -> str:
    """The reason for a failed secure connection.

    Args:
        error: what was raised; it wraps the error of `ssl`.
    """
    error = wrapped(error, ssl.SSLError)
    if isinstance(error, ssl.SSLCertVerificationError):
        return _CERTIFICATES.get(error.verify_code, "its certificate is not trusted")
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return "the connection was lost"
    if getattr(error, "reason", "") in _NO_TLS:
        return "it does not speak https there; perhaps the address begins with http:"
    return "no secure connection to it is possible"
