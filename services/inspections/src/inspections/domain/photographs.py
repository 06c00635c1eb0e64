"""Photos made safe to keep and to show: what they are by content, without what cameras add.

Pixels are written into a new image, so nothing else of a file survives: no position, no name of
a device, no other file hidden behind the picture. The position is not even read.
"""

import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass

import pi_heif
from PIL import Image, ImageFilter, ImageOps

pi_heif.register_heif_opener()
# Ours is checked before any pixel is decoded; Pillow's own would warn where we refuse.
Image.MAX_IMAGE_PIXELS = None

THUMBNAIL_PX = 320
# On the longer side; more shows no more of a wall and is a burden to every reader.
LONGEST_PX = 4096
QUALITY = 88
# So few squares stand for what a region showed that nothing of it can be made out or computed.
BLUR_SQUARES = 4
HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
# How each kind of file is opened, and as what it is kept.
OPENED_AS = {"JPEG": "JPEG", "PNG": "PNG", "WEBP": "WEBP", "HEIF": "JPEG"}
MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error, IndexError, RuntimeError)


class NotAPhotoError(ValueError):
    """A file of none of the kinds that are taken."""


class PhotoBrokenError(ValueError):
    """A photo that cannot be kept; the message says why and what to send."""


@dataclass(frozen=True, slots=True)
class Photograph:
    """A photo as it is kept, with a small one to show in lists."""

    content: bytes
    media_type: str
    width: int
    height: int
    thumbnail: bytes


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a photo, as shares of its width and height from the upper left corner."""

    left: float
    top: float
    width: float
    height: float


def kind_of(content: bytes) -> str:
    """Tell what kind of photo a file is, by its first bytes.

    Raises
    ------
    NotAPhotoError : none that is taken
    """
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    if content[4:8] == b"ftyp" and content[8:12] in HEIF_BRANDS:
        return "HEIF"
    raise NotAPhotoError("this is no JPEG, PNG, HEIC or WebP image; send the photo itself")


def prepare(content: bytes, *, most_pixels: int) -> Photograph:
    """Make a photo safe to keep, upright, at most `LONGEST_PX` wide or high.

    Raises
    ------
    NotAPhotoError : a file of another kind
    PhotoBrokenError : cut short, damaged, or of more pixels than allowed
    """
    kind = kind_of(content)
    try:
        with Image.open(io.BytesIO(content), formats=[kind]) as opened:
            _check_size(opened, most_pixels)
            # A JPEG is decoded smaller at once, which saves most of the memory.
            opened.draft("RGB", (LONGEST_PX, LONGEST_PX))
            image = _upright(opened)
    except PhotoBrokenError:
        raise
    except BROKEN as error:
        raise PhotoBrokenError("the image is damaged or cut short; send it again") from error
    return _kept(image, OPENED_AS[kind])


def blurred(content: bytes, regions: Sequence[Region]) -> bytes:
    """Give a photo as JPEG with regions made unrecognisable for good."""
    with Image.open(io.BytesIO(content), formats=list(MEDIA_TYPES)) as opened:
        image = opened.convert("RGB")
    for region in regions:
        box = _box(region, image.size)
        patch = image.crop(box)
        squares = patch.resize((BLUR_SQUARES, BLUR_SQUARES), Image.Resampling.BOX)
        soft = squares.resize(patch.size, Image.Resampling.BICUBIC)
        image.paste(soft.filter(ImageFilter.GaussianBlur(max(patch.size) / 10)), box[:2])
    return _written(image, "JPEG")


def _check_size(opened: Image.Image, most_pixels: int) -> None:
    """Refuse a photo by the size it says it has, before any of it is decoded."""
    if opened.width * opened.height > most_pixels:
        raise PhotoBrokenError(
            f"{opened.width} x {opened.height} pixels; send at most "
            f"{most_pixels // 1_000_000} million"
        )


def _upright(opened: Image.Image) -> Image.Image:
    """Copy the pixels alone into a new image, turned as the camera was held."""
    turned = ImageOps.exif_transpose(opened)
    mode = "RGBA" if turned.has_transparency_data else "RGB"
    pixels = turned.convert(mode)
    pixels.thumbnail((LONGEST_PX, LONGEST_PX))
    clean = Image.new(mode, pixels.size)
    clean.paste(pixels)
    return clean


def _kept(image: Image.Image, kind: str) -> Photograph:
    small = image.convert("RGB")
    small.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    return Photograph(
        content=_written(image, kind),
        media_type=MEDIA_TYPES[kind],
        width=image.width,
        height=image.height,
        thumbnail=_written(small, "JPEG"),
    )


def _written(image: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    plain = image.convert("RGB") if kind == "JPEG" else image
    plain.save(file, format=kind, quality=QUALITY, optimize=kind == "PNG")
    return file.getvalue()


def _box(region: Region, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Give a region in pixels, at least one wide and high, inside the image."""
    width, height = size
    left = min(int(region.left * width), width - 1)
    top = min(int(region.top * height), height - 1)
    right = min(max(left + 1, round((region.left + region.width) * width)), width)
    bottom = min(max(top + 1, round((region.top + region.height) * height)), height)
    return left, top, right, bottom
