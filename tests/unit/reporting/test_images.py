import base64
import struct
import zlib

import pytest

from grader.reporting.images import IMAGE_BYTES, clean_data_uri, image_uri
from tests.fakes.grades import png

JPEG_HEAD = b"\xff\xd8" + b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
COMMENT = b"\xff\xfe\x00\x1b<script>alert(1)</script>"
FRAME = b"\xff\xc0\x00\x0b\x08\x00\x10\x00\x10\x01\x01\x11\x00"
SCAN = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\xaa\xbb\xff\xd9"


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def decoded(uri: str | None) -> bytes:
    assert uri is not None
    return base64.b64decode(uri.partition(",")[2])


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def test_a_picture_is_kept_without_its_text_and_its_tail():
    data = base64.b64decode(png())
    loaded = data[:33] + chunk(b"tEXt", b"x\x00<script>") + data[33:] + b"<script>alert(1)</script>"

    assert decoded(image_uri("image/png", encoded(loaded))) == data


def test_base64_in_lines_is_read():
    lines = "\n".join(png()[i : i + 60] for i in range(0, len(png()), 60))

    assert decoded(image_uri("image/png", lines)) == base64.b64decode(png())


def test_a_photograph_is_kept_without_its_comment_and_its_tail():
    photo = JPEG_HEAD + COMMENT + FRAME + SCAN

    rebuilt = decoded(image_uri("image/jpeg", encoded(photo + b"<script>")))

    assert rebuilt == b"\xff\xd8" + FRAME + SCAN


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg onload=alert(1)>",
        base64.b64decode(png())[:40],
        base64.b64decode(png())[:-12],
        base64.b64decode(png()).replace(b"IDAT", b"IDAX"),
        b"\x89PNG\r\n\x1a\n",
        b"\x89PNG\r\n\x1a\n" + chunk(b"IDAT", b"") + chunk(b"IEND", b""),
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0))
        + chunk(b"IEND", b""),
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"\x00" * 13) + chunk(b"IEND", b""),
    ],
    ids=["empty", "svg", "cut", "no-end", "checksum", "bare", "no-head", "bomb", "no-size"],
)
def test_what_is_no_png_is_dropped(data):
    assert image_uri("image/png", encoded(data)) is None


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8\xff",
        JPEG_HEAD + FRAME,
        JPEG_HEAD + b"\xff\xd9",
        JPEG_HEAD + SCAN,
        JPEG_HEAD + b"\xff\xfe\x00\x00\xff\xd9",
        JPEG_HEAD + b"plain\xff\xd9",
        JPEG_HEAD + FRAME.replace(b"\x00\x10\x00\x10", b"\xff\xff\xff\xff") + SCAN,
        b"\xff\xd8" + FRAME[:4] + b"\xff\xd9",
        JPEG_HEAD + FRAME + b"\xff\xda\x00",
    ],
    ids=["start", "no-end", "no-scan", "no-frame", "short-segment", "garbage", "bomb", "cut-frame", "end-before-scan"],
)
def test_what_is_no_jpeg_is_dropped(data):
    assert image_uri("image/jpeg", encoded(data)) is None


def test_other_kinds_other_alphabets_and_huge_pictures_are_dropped():
    assert image_uri("image/gif", png()) is None
    assert image_uri("image/png", png().replace("A", "-")) is None
    assert image_uri("image/png", "A" * (IMAGE_BYTES * 2 + 1)) is None
    noise = chunk(b"IDAT", b"\x00" * (IMAGE_BYTES + 1))
    large = base64.b64decode(png())[:33] + noise + chunk(b"IEND", b"")
    assert image_uri("image/png", encoded(large)) is None


@pytest.mark.parametrize(
    ("uri", "kept"),
    [
        (f"data:image/png;base64,{png()}", True),
        (f"DATA:IMAGE/PNG;BASE64,{png()}", True),
        (f"data:image/svg+xml;base64,{png()}", False),
        ("data:text/html,x", False),
        ("https://e.example/x.png", False),
        (f"image/png;base64,{png()}", False),
    ],
)
def test_a_data_uri_is_kept_only_for_a_proven_picture(uri, kept):
    assert (clean_data_uri(uri) is not None) == kept
