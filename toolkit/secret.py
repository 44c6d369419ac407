"""The key that every token of an install is made from, made itself at the first start; and how keys are compared."""

import hmac
import os
import secrets
from pathlib import Path

BYTES = 32


def own_secret(storage: Path) -> bytes:
    """The secret in `secret.key` of the storage path; ValueError when that file is not what was written there."""
    file = storage / "secret.key"
    try:
        return _parsed(file)
    except FileNotFoundError:
        storage.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Written whole and then named: a crash half-way must not leave a key that is too short, or two of them.
    draft = storage / f"secret.key.{os.getpid()}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(secrets.token_hex(BYTES) + "\n")
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(draft, file)
    except FileExistsError:
        return _parsed(file)  # another program was first; its key is everybody's
    finally:
        draft.unlink()
    folder = os.open(storage, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name as well: with another key after a power cut every printed URL would be wrong
    finally:
        os.close(folder)
    return _parsed(file)


def _parsed(file: Path) -> bytes:
    try:
        key = bytes.fromhex(file.read_text().strip())
    except ValueError as e:
        raise ValueError(f"{file}: expected {2 * BYTES} hexadecimal digits; restore it from a backup") from e
    if len(key) != BYTES:
        raise ValueError(f"{file}: expected {2 * BYTES} hexadecimal digits; restore it from a backup")
    return key


def same(given: str, key: str) -> bool:
    """Compared in a time that tells nothing of the key, whatever bytes the text has."""
    return hmac.compare_digest(given.encode(errors="surrogateescape"), key.encode())
