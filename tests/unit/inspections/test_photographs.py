import io
import struct
import zlib

import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageStat

from inspections.domain.photographs import (
    LONGEST_PX,
    THUMBNAIL_PX,
    NotAPhotoError,
    PhotoBrokenError,
    Region,
    blurred,
    kind_of,
    prepare,
)

MOST = 50_000_000
# What a phone writes: who made it, when, and where (IFD 0x8825 holds the position).
CAMERA = "Phone of Claude"


def picture(size: tuple[int, int] = (64, 48), kind: str = "JPEG", **how: object) -> bytes:
    image = Image.effect_noise(size, 80).convert("RGB")
    image.putpixel((0, 0), (255, 0, 0))
    file = io.BytesIO()
    if kind == "HEIF":
        # The product reads this format and never writes it.
        pillow_heif.from_pillow(image).save(file, **how)
    else:
        image.save(file, format=kind, **how)
    return file.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    told = Image.Exif()
    told[0x010F] = CAMERA
    told[0x0112] = orientation
    told[0x8825] = {1: "N", 2: (48.0, 51.0, 24.0), 3: "E", 4: (2.0, 21.0, 3.0)}
    return told


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("WEBP", "image/webp"),
        ("HEIF", "image/jpeg"),
    ],
)
def test_nothing_of_a_photo_is_kept_but_its_pixels(kind: str, media_type: str) -> None:
    sent = picture(kind=kind, exif=exif())
    assert CAMERA.encode() in sent

    kept = prepare(sent, most_pixels=MOST)

    for content in (kept.content, kept.thumbnail):
        assert CAMERA.encode() not in content
        assert b"Exif" not in content
        assert not dict(opened(content).getexif())
    assert (kept.media_type, kept.width, kept.height) == (media_type, 64, 48)
    assert opened(kept.content).get_format_mimetype() == media_type


def test_a_file_hidden_behind_a_picture_is_not_kept() -> None:
    kept = prepare(picture() + b"<script>alert(1)</script>", most_pixels=MOST)

    assert b"script" not in kept.content


def test_a_photo_taken_sideways_stands_upright() -> None:
    kept = prepare(picture(size=(64, 48), exif=exif(orientation=6)), most_pixels=MOST)

    assert (kept.width, kept.height) == (48, 64)


def test_a_transparent_picture_keeps_its_transparency() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (10, 10), (255, 0, 0, 0)).save(file, format="PNG")

    kept = prepare(file.getvalue(), most_pixels=MOST)

    assert opened(kept.content).getpixel((5, 5))[3] == 0


def test_a_large_photo_is_kept_smaller_with_a_small_one_beside() -> None:
    kept = prepare(picture(size=(LONGEST_PX + 1000, 500)), most_pixels=MOST)

    assert max(kept.width, kept.height) <= LONGEST_PX
    assert max(opened(kept.thumbnail).size) == THUMBNAIL_PX


def bomb(width: int, height: int) -> bytes:
    """A PNG of few bytes that says it has very many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    body = zlib.compress(b"\0" * 100)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(60_000, 60_000), (2**31 - 1, 2**31 - 1), (10_000, 5_001)])
def test_a_bomb_is_refused_by_what_it_says_of_itself(size: tuple[int, int]) -> None:
    with pytest.raises(PhotoBrokenError, match=r"pixels|damaged"):
        prepare(bomb(*size), most_pixels=MOST)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_a_photo_cut_short_is_refused(kind: str) -> None:
    sent = picture(kind=kind, size=(400, 300))

    with pytest.raises(PhotoBrokenError, match="cut short"):
        prepare(sent[: len(sent) // 2], most_pixels=MOST)


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a...", b"%PDF-1.7", b"<svg/>", b"RIFF0000WAVE", b"\0\0\0\x18ftypmp42"]
)
def test_a_file_of_another_kind_is_no_photo(content: bytes) -> None:
    with pytest.raises(NotAPhotoError, match="JPEG, PNG, HEIC or WebP"):
        kind_of(content)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["JPEG", "PNG", "WEBP"]),
    st.lists(st.tuples(st.integers(12, 3000), st.integers(0, 255)), min_size=1, max_size=12),
)
def test_a_damaged_photo_is_kept_clean_or_refused_and_nothing_else(kind, changes) -> None:
    content = bytearray(picture(kind=kind))
    for position, value in changes:
        content[position % len(content)] = value

    try:
        kept = prepare(bytes(content), most_pixels=MOST)
    except (PhotoBrokenError, NotAPhotoError):
        return
    assert opened(kept.content).size == (kept.width, kept.height)


def test_a_blurred_region_shows_nothing_of_what_was_there() -> None:
    image = Image.new("RGB", (400, 300), "white")
    for x in range(100, 200):
        for y in range(90, 180):
            image.putpixel((x, y), (0, 0, 0) if (x // 3 + y // 3) % 2 else (255, 255, 255))
    file = io.BytesIO()
    image.save(file, format="PNG")

    shown = opened(blurred(file.getvalue(), [Region(0.25, 0.3, 0.25, 0.3)]))

    inside = shown.convert("L").crop((104, 94, 196, 176))
    assert ImageStat.Stat(inside).stddev[0] < 12
    assert shown.getpixel((10, 10)) == (255, 255, 255)


@given(st.floats(0, 0.999), st.floats(0, 0.999), st.floats(0.0001, 1), st.floats(0.0001, 1))
def test_a_region_anywhere_can_be_blurred(left, top, width, height) -> None:
    content = picture(kind="PNG")

    shown = opened(blurred(content, [Region(left, top, width, height)]))

    assert shown.size == (64, 48)
