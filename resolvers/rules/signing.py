"""How a message is signed. Pure: the same in every language, see docs/providers.md."""

from __future__ import annotations

import hashlib
import hmac

VERSION = "v1"


def signature(secret: str, timestamp: int, nonce: str, body: bytes) -> str:
    """HMAC-SHA256 over `timestamp.nonce.body`, in hexadecimal."""
    return hmac.new(secret.encode(), f"{timestamp}.{nonce}.".encode() + body, hashlib.sha256).hexdigest()


def header(secrets: tuple[str, ...], timestamp: int, nonce: str, body: bytes) -> str:
    """One signature for each secret that counts: two while secrets change."""
    return ",".join(f"{VERSION}={signature(secret, timestamp, nonce, body)}" for secret in secrets)
