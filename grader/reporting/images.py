"""Pictures of student notebooks: parsed, stripped of everything but pixels, and put back together."""

import base64
import binascii
import struct
import zlib
from collections.abc import Iterator

#: Largest picture that a page keeps, in bytes of the file.
IMAGE_BYTES = 160 * 1024

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_CHUNKS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_MOST_PIXELS = 40_000_000
_JPEG_KEPT = {*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0), 0xC4, 0xDB, 0xDD, 0xEE}
_FRAMES = _JPEG_KEPT - {0xC4, 0xDB, 0xDD, 0xEE}


def clean_data_uri(uri: str) -> str | None:
    """Return a `data:` URI that holds a proven PNG or JPEG, or None.

    Args:
        uri: hostile.
    """
    head, comma, body = uri.partition(",")
    kind = head.strip().lower().removesuffix(";base64")
    return image_uri(kind.removeprefix("data:"), body) if comma and kind.startswith("data:") else None


def image_uri(kind: str, body: str) -> str | None:
    """Return a `data:` URI of a picture that was taken apart and rebuilt, or None when it is not one.

    Args:
        kind: `image/png` or `image/jpeg`.
        body: base64, possibly in lines.
    """
    if kind not in {"image/png", "image/jpeg"} or len(body) > IMAGE_BYTES * 2:
        return None
    try:
        data = base64.b64decode("".join(body.split()), validate=True)
        rebuilt = _png(data) if kind == "image/png" else _jpeg(data)
    except (binascii.Error, ValueError, struct.error):
        return None
    if len(rebuilt) > IMAGE_BYTES:
        return None
    return f"data:{kind};base64,{base64.b64encode(rebuilt).decode('ascii')}"


def _png(data: bytes) -> bytes:
    if not data.startswith(_PNG):
        raise ValueError("no PNG signature")
    chunks = list(_png_chunks(data))
    if not chunks or chunks[0][0] != b"IHDR" or chunks[-1][0] != b"IEND":
        raise ValueError("PNG chunks out of order")
    width, height = struct.unpack(">II", chunks[0][1][:8])
    _check_size(width, height)
    return _PNG + b"".join(_png_chunk(name, body) for name, body in chunks if name in _PNG_CHUNKS)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_PNG)
    while at < len(data):
        length, name = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        (checksum,) = struct.unpack(">I", data[at + 8 + length : at + 12 + length])
        if zlib.crc32(name + body) != checksum:
            raise ValueError("PNG chunk damaged")
        yield name, body
        if name == b"IEND":
            return  # whatever follows is not picture
        at += 12 + length


def _png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _jpeg(data: bytes) -> bytes:
    if not data.startswith(b"\xff\xd8\xff") or b"\xff\xd9" not in data:
        raise ValueError("no JPEG markers")
    parts, at, sized = [b"\xff\xd8"], 2, False
    while True:
        if data[at] != 0xFF if at < len(data) else True:
            raise ValueError("JPEG segment expected")
        marker = data[at + 1] if at + 1 < len(data) else 0
        if marker == 0xDA:  # the scan: entropy-coded to the end of the picture
            end = data.rindex(b"\xff\xd9") + 2
            if not sized or end <= at:
                raise ValueError("JPEG without a frame")
            return b"".join(parts) + data[at:end]
        (length,) = struct.unpack(">H", data[at + 2 : at + 4])
        if length < 2:
            raise ValueError("JPEG segment too short")
        segment = data[at : at + 2 + length]
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", segment[5:9])
            _check_size(width, height)
            sized = True
        if marker in _JPEG_KEPT:
            parts.append(segment)
        at += 2 + length


def _check_size(width: int, height: int) -> None:
    if not 0 < width * height <= _MOST_PIXELS:
        raise ValueError("picture too large")
