"""Who is asking: keys, and the signature over timestamp, method and path without its query."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from tests.conformance.fake_kalshi.clock import Clock
from tests.conformance.fake_kalshi.values import Refused

HEADERS = ("kalshi-access-key", "kalshi-access-timestamp", "kalshi-access-signature")
ALLOWED_SKEW_S = 15.0
FULL = frozenset({"read", "write"})
Public = rsa.RSAPublicKey | ed25519.Ed25519PublicKey
Private = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class Key:
    """A public key of a member, and what it may do."""

    key_id: str
    account: str
    public: Public
    scopes: frozenset[str] = FULL


def new_private(kind: str) -> Private:
    """A fresh private key, "rsa" (2048 bits) or "ed25519"."""
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(private: Private) -> str:
    """A private key as unencrypted PKCS#8 text, the way the venue hands it out."""
    text = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return text.decode()


def _genuine(public: Public, signature: bytes, message: bytes) -> bool:
    try:
        if isinstance(public, ed25519.Ed25519PublicKey):
            public.verify(signature, message)
        else:
            # the salt is as long as the digest; a maximal salt does not pass
            pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=hashes.SHA256.digest_size)
            public.verify(signature, message, pss, hashes.SHA256())
    except InvalidSignature:
        return False
    return True


class Doorman:
    """Checks the three headers of a signed request."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._keys: dict[str, Key] = {}
        self.latest: str = ""  # the key that last came in

    def add(self, key: Key) -> None:
        """Let a key in."""
        self._keys[key.key_id] = key

    def revoke(self, key_id: str) -> None:
        """Forget a key."""
        del self._keys[key_id]

    def admit(self, headers: Mapping[str, str], method: str, path: str) -> Key:
        """The key that signed this request."""
        key_id, stamp, signature = (headers.get(name, "") for name in HEADERS)
        if not (key_id and stamp and signature):
            raise Refused(401, "signature_is_missing_from_headers", message="signature is missing from headers")
        if not stamp.isascii() or not stamp.isdigit() or abs(int(stamp) / 1000 - self._clock.wall()) > ALLOWED_SKEW_S:
            raise Refused(401, "header_timestamp_expired", message="header timestamp expired")
        key = self._keys.get(key_id)
        if key is None:
            raise Refused(401, "authentication_error", "NOT_FOUND", "authentication_error")
        try:
            raw = base64.b64decode(signature, validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        if not _genuine(key.public, raw, f"{stamp}{method}{path}".encode()):
            raise Refused(401, "authentication_error", "INCORRECT_API_KEY_SIGNATURE", "authentication_error")
        self.latest = key_id
        return key
