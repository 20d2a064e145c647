"""Pictures of pages as small PNGs: a page has few colours, so 256 of them do, and a byte is enough for a dot."""

from __future__ import annotations

import base64
import struct
import zlib
from collections import Counter

from tests.browser import Browser

DOTS = """(async (said) => {
  const picture = await createImageBitmap(await (await fetch(said)).blob());
  const {width, height} = picture, canvas = new OffscreenCanvas(width, height), pen = canvas.getContext("2d");
  pen.drawImage(picture, 0, 0);
  let text = "";
  const dots = pen.getImageData(0, 0, width, height).data;
  for (let at = 0; at < dots.length; at += 0x8000) text += String.fromCharCode(...dots.subarray(at, at + 0x8000));
  return [width, height, btoa(text)];
})"""
COLOURS = 256


def smaller(window: Browser) -> bytes:
    """The window as a PNG with a palette. The window is blank afterwards."""
    picture = base64.b64encode(window.picture()).decode()
    # A page may forbid what is needed here.
    window.open("about:blank")
    width, height, said = window.ask(f"{DOTS}('data:image/png;base64,{picture}')")
    dots = [dot for (dot,) in struct.iter_unpack("3sx", base64.b64decode(said))]
    counted = [colour for colour, _ in Counter(dots).most_common()]
    palette = counted[:COLOURS]
    place = {colour: number for number, colour in enumerate(palette)}
    place |= {colour: nearest(colour, palette) for colour in counted[COLOURS:]}
    lines = b"".join(
        b"\0" + bytes(place[dot] for dot in dots[first : first + width]) for first in range(0, len(dots), width)
    )
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = (b"IHDR", head), (b"PLTE", b"".join(palette)), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, content) for kind, content in chunks)


def nearest(colour: bytes, palette: list[bytes]) -> int:
    """The number of the colour that is most like it."""
    away = [sum((one - other) ** 2 for one, other in zip(colour, known, strict=True)) for known in palette]
    return away.index(min(away))


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
