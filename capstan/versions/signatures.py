"""Ed25519 signatures: of registered versions, where the settings name a key, and of what capstones release.

CAPSTAN_SIGNING_KEY holds the private key of who registers, CAPSTAN_VERIFYING_KEY the public key of who serves. Both are
PEM texts, as OpenSSL writes them: `openssl genpkey -algorithm ed25519`, `openssl pkey -pubout`.
Source: RFC 8032.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from capstan.errors import CapstanError
from capstan.settings import settings

ADVICE = "Make one with `openssl genpkey -algorithm ed25519`; its public key with `openssl pkey -pubout`."


def signing_key() -> Ed25519PrivateKey | None:
    """Return the private key of the settings, or None where there is none. Raises CapstanError for another text."""
    if not (text := settings().signing_key):
        return None
    try:
        key = load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError):  # TypeError: a key with a password
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise CapstanError(f"CAPSTAN_SIGNING_KEY is not an Ed25519 private key in PEM without a password. {ADVICE}")
    return key


def verifying_key() -> Ed25519PublicKey | None:
    """Return the public key that versions must be signed with, or None where unsigned ones are taken.

    It is CAPSTAN_VERIFYING_KEY or, where only CAPSTAN_SIGNING_KEY is set, the public part of that.
    """
    if not (text := settings().verifying_key):
        private = signing_key()
        return private.public_key() if private else None
    try:
        key = load_pem_public_key(text.encode())
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise CapstanError(f"CAPSTAN_VERIFYING_KEY is not an Ed25519 public key in PEM. {ADVICE}")
    return key


def is_signed(content: bytes, signature: bytes, key: Ed25519PublicKey) -> bool:
    """Return whether a signature is by this key and of exactly this content."""
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True
