"""Writes a screenshot as a small PNG: a palette of its 256 most frequent colours, which text on paper hardly exceeds."""

import base64
import struct
import zlib

from playwright.sync_api import Page

INDEXED = """async (picture) => {
  const image = new Image();
  image.src = `data:image/png;base64,${picture}`;
  await image.decode();
  const { width, height } = image;
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.drawImage(image, 0, 0);
  const pixels = new Uint32Array(context.getImageData(0, 0, width, height).data.buffer);
  const counts = new Map();
  for (let start = 0, at = 1; at <= pixels.length; at += 1) {
    if (pixels[at] === pixels[start]) continue;
    counts.set(pixels[start], (counts.get(pixels[start]) ?? 0) + at - start);
    start = at;
  }
  const order = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a) || a - b);
  const palette = order.slice(0, 256);
  const places = new Map(palette.map((colour, place) => [colour, place]));
  const parts = (colour) => [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255];
  const known = palette.map(parts);
  for (const colour of order.slice(256)) {
    const [red, green, blue] = parts(colour);
    const far = known.map(([r, g, b]) => (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2);
    places.set(colour, far.indexOf(Math.min(...far)));
  }
  const rows = new Uint8Array(pixels.length);
  for (let at = 0; at < pixels.length; at += 1) {
    rows[at] = at && pixels[at] === pixels[at - 1] ? rows[at - 1] : places.get(pixels[at]);
  }
  const reader = new FileReader();
  await new Promise((done) => { reader.onload = done; reader.readAsDataURL(new Blob([rows])); });
  return { width, height, palette: known.flat(), rows: reader.result.split(",")[1] };
}"""


def small_png(page: Page, screenshot: bytes) -> bytes:
    """The same pixels always give the same bytes. `page` is any page: it reckons."""
    found = page.evaluate(INDEXED, base64.b64encode(screenshot).decode())
    width, height, rows = found["width"], found["height"], base64.b64decode(found["rows"])
    lines = b"".join(b"\0" + rows[start : start + width] for start in range(0, width * height, width))
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"PLTE", bytes(found["palette"])), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
