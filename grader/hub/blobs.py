"""Files named by the sha256 of their content: written whole or not at all."""

import hashlib
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

READ_BYTES = 1 << 20


class LyingUploadError(Exception):
    """The bytes that arrived are not those that were announced."""


def _no_charge(_written: int) -> None:
    """The base is not metered."""


class Incoming:
    """A file on its way in: hashed and counted while it is written, never whole in memory."""

    def __init__(self, partial: Path, charge: Callable[[int], None]) -> None:
        """Open the partial file.

        Args:
            partial: where it grows, on the file system of its final place.
            charge: told the size of each piece before it is written; raises to refuse it.
        """
        self.path = partial
        self.size = 0
        self._charge = charge
        self._sha256 = hashlib.sha256()
        self._file = partial.open("xb")

    @property
    def sha256(self) -> str:
        """Of what has arrived so far."""
        return self._sha256.hexdigest()

    def write(self, piece: bytes) -> None:
        """Append a piece.

        Raises:
            Exception: whatever `charge` refuses with.
        """
        self._charge(len(piece))
        self._file.write(piece)
        self._sha256.update(piece)
        self.size += len(piece)

    def finish(self) -> None:
        """Hand the last bytes to the operating system, which outlives a killed process."""
        self._file.close()

    def discard(self) -> None:
        """Remove what has arrived and give its bytes back."""
        self._file.close()
        if self.path.exists():
            self.path.unlink()
            self._charge(-self.size)


class BlobStore:
    """A folder of immutable files, each named by its content."""

    def __init__(self, folder: Path, charge: Callable[[int], None] = _no_charge) -> None:
        """Use a folder.

        Args:
            folder: holds `blobs/` and `uploads/`; neither needs to exist for reading.
            charge: told how many bytes are about to be written; raises to refuse them.
        """
        self._blobs = folder / "blobs"
        self._uploads = folder / "uploads"
        self._charge = charge

    def open_for_writing(self) -> None:
        """Create the folders and remove what a killed process left half written."""
        shutil.rmtree(self._uploads, ignore_errors=True)
        self._uploads.mkdir(parents=True)
        self._blobs.mkdir(exist_ok=True)

    def path(self, sha256: str) -> Path:
        """Return where the blob lies or would lie."""
        return self._blobs / sha256

    def has(self, sha256: str) -> bool:
        """Tell whether the blob is here."""
        return self.path(sha256).is_file()

    def incoming(self) -> Incoming:
        """Open a new partial file."""
        return Incoming(self._uploads / secrets.token_hex(8), self._charge)

    def adopt(self, incoming: Incoming, sha256: str, size: int) -> Path:
        """Make a blob of a finished upload, in one step.

        Args:
            incoming: the upload.
            sha256: what it was announced as.
            size: its announced size in bytes.

        Returns:
            The path of the blob.

        Raises:
            LyingUploadError: size or hash differ; nothing is kept.
        """
        incoming.finish()
        if incoming.size != size or incoming.sha256 != sha256:
            incoming.discard()
            raise LyingUploadError(
                f"announced {size} bytes, sha256 {sha256[:12]}…; received {incoming.size}, {incoming.sha256[:12]}…"
            )
        blob = self.path(sha256)
        if blob.exists():
            incoming.discard()
        else:
            incoming.path.chmod(0o444)
            incoming.path.replace(blob)
        return blob

    def add(self, content: bytes) -> str:
        """Store a small content.

        Returns:
            Its sha256.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        if not self.has(sha256):
            incoming = self.incoming()
            try:
                incoming.write(content)
            except BaseException:
                incoming.discard()
                raise
            self.adopt(incoming, sha256, len(content))
        return sha256

    def add_file(self, source: Path) -> tuple[str, int]:
        """Store a copy of a file, read piece by piece.

        Returns:
            Its sha256 and its size in bytes.
        """
        incoming = self.incoming()
        try:
            with source.open("rb") as file:
                while piece := file.read(READ_BYTES):
                    incoming.write(piece)
        except BaseException:
            incoming.discard()
            raise
        self.adopt(incoming, incoming.sha256, incoming.size)
        return incoming.sha256, incoming.size

    def usage(self) -> tuple[int, int]:
        """Count what is stored.

        Returns:
            Number of blobs, and their bytes.
        """
        if not self._blobs.is_dir():
            return 0, 0
        with os.scandir(self._blobs) as entries:
            sizes = [entry.stat().st_size for entry in entries]
        return len(sizes), sum(sizes)
