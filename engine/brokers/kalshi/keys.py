"""Private keys from a PEM or a file: refused in one sentence when anybody else could read them, never shown."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from engine.core.errors import InvalidConfig

PrivateKey = RSAPrivateKey | Ed25519PrivateKey
MOST_BYTES = 64_000
LEAST_BITS = 2048


def read_pem(pem: str | bytes, passphrase: str | bytes | None = None) -> PrivateKey:
    r"""Return the private key of a PEM; an environment variable's `\n` counts as a line break."""
    data = pem.encode() if isinstance(pem, str) else bytes(pem)
    data = data.replace(b"\\n", b"\n").strip() + b"\n"
    if b"-----BEGIN" not in data:
        raise InvalidConfig(
            "private_key holds no PEM; it must begin with '-----BEGIN': pass a file's name as private_key_path"
        )
    if b"PUBLIC KEY-----" in data or b"CERTIFICATE-----" in data:
        raise InvalidConfig("private_key holds a public key or certificate; pass the private key that Kalshi gave you")
    key = _load(data, passphrase.encode() if isinstance(passphrase, str) else passphrase)
    if isinstance(key, RSAPrivateKey):
        if key.key_size < LEAST_BITS:
            raise InvalidConfig(f"private_key is RSA with {key.key_size} bits; at least {LEAST_BITS} are needed")
        return key
    if isinstance(key, Ed25519PrivateKey):
        return key
    raise InvalidConfig(f"private_key is of type {type(key).__name__}; Kalshi takes RSA and Ed25519")


def _load(data: bytes, passphrase: bytes | None) -> object:
    # `from None` throughout: what a parser says of a key may quote the key
    try:
        return load_pem_private_key(data, passphrase)
    except TypeError:
        fault = (
            "private_key is encrypted and no passphrase is given; pass passphrase=..."
            if passphrase is None
            else "private_key is not encrypted and a passphrase is given; leave passphrase out"
        )
    except (ValueError, UnsupportedAlgorithm):
        fault = (
            "private_key is a damaged or unknown PEM; copy it again, with its BEGIN and END lines"
            if passphrase is None
            else "private_key cannot be opened with this passphrase; check both"
        )
    raise InvalidConfig(fault) from None


def read_key_file(path: str | os.PathLike[str]) -> bytes:
    """Return the bytes of a key file that only its owner can read."""
    name = os.fspath(path)
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        handle = os.open(name, flags)
    except FileNotFoundError:
        raise InvalidConfig(f"there is no key file {name}; check private_key_path") from None
    except OSError as error:
        raise InvalidConfig(
            f"key file {name} cannot be opened ({error.strerror}); it must be a plain file of yours, not a link"
        ) from None
    try:
        _check_file(name, os.fstat(handle))  # of what was opened, not of what the name may mean by now
        return os.read(handle, MOST_BYTES)
    finally:
        os.close(handle)


def _check_file(name: str, facts: os.stat_result) -> None:
    if not stat.S_ISREG(facts.st_mode):
        raise InvalidConfig(f"key file {name} is no plain file; pass the PEM file itself")
    if facts.st_size > MOST_BYTES:
        raise InvalidConfig(f"key file {name} has {facts.st_size} bytes; a PEM has a few thousand: check the path")
    if os.name != "posix":
        return
    if facts.st_uid != os.geteuid():
        raise InvalidConfig(f"key file {name} belongs to another user; copy it and make the copy yours")
    mode = stat.S_IMODE(facts.st_mode)
    if mode & 0o077:
        raise InvalidConfig(f"key file {name} has mode {mode:04o} and others can read it; run: chmod 600 {name}")
    folder = Path(name).absolute().parent
    around = folder.stat().st_mode
    if around & 0o022 and not around & stat.S_ISVTX:
        raise InvalidConfig(f"others can swap key file {name}; run: chmod go-w {folder}")
