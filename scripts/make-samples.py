#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Draws the sample images in samples/ (Debian: python3-pil, fonts-dejavu-core). The results are committed; run this to change them."""

import json
import struct
import zlib
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

OUT = Path(__file__).resolve().parent.parent / "samples"
FONTS = Path("/usr/share/fonts/truetype/dejavu")


def font(name, size):
    return ImageFont.truetype(str(FONTS / f"DejaVu{name}.ttf"), size)


def page():
    """A printed page: heading, justified-looking paragraphs, a page number."""
    image = Image.new("L", (1240, 1754), 250)
    draw = ImageDraw.Draw(image)
    draw.text((130, 140), "The Lighthouse Keeper", font=font("Serif-Bold", 52), fill=20)
    paragraphs = [
        [
            "Every evening at dusk the keeper climbed the narrow",
            "stairs, counting one hundred and forty two steps before",
            "he reached the lamp. He trimmed the wick, polished the",
            "glass, and wrote the weather into a green ledger.",
        ],
        [
            "Ships that passed the cape never learned his name. They",
            "knew only the light: two short flashes, a pause, and then",
            "a long one, sweeping over the water like a slow hand.",
        ],
        [
            "In winter the storms threw gravel against the windows",
            "and the ledger filled with single words. Gale. Snow. Fog.",
            "When spring came he painted the railing white again and",
            "waited for the first swallow to cross the harbour.",
        ],
    ]
    y = 280
    for paragraph in paragraphs:
        for line in paragraph:
            draw.text((130, y), line, font=font("Serif", 32), fill=25)
            y += 52
        y += 40
    draw.text((600, 1620), "17", font=font("Serif", 28), fill=40)
    image.save(OUT / "page.png", optimize=True)


def receipt():
    """A till receipt in a fixed-width face on warm paper."""
    image = Image.new("RGB", (640, 960), (247, 244, 236))
    draw = ImageDraw.Draw(image)
    ink = (45, 42, 40)
    draw.text((130, 50), "HARBOUR BAKERY", font=font("SansMono-Bold", 44), fill=ink)
    draw.text((180, 120), "14 Quay Street", font=font("SansMono", 30), fill=ink)
    draw.text((150, 165), "Tel 020 5550 1234", font=font("SansMono", 30), fill=ink)
    rows = [("Rye bread", "4.20"), ("Almond cake", "3.75"), ("Coffee large", "2.90"), ("Orange juice", "3.10")]
    y = 270
    for name, price in rows:
        draw.text((60, y), name, font=font("SansMono", 32), fill=ink)
        draw.text((500, y), price, font=font("SansMono", 32), fill=ink)
        y += 60
    draw.line((60, y + 10, 580, y + 10), fill=ink, width=3)
    draw.text((60, y + 40), "TOTAL", font=font("SansMono-Bold", 40), fill=ink)
    draw.text((470, y + 40), "13.95", font=font("SansMono-Bold", 40), fill=ink)
    draw.text((60, y + 130), "Paid by card", font=font("SansMono", 32), fill=ink)
    draw.text((60, y + 190), "2024-03-18 09:41", font=font("SansMono", 32), fill=ink)
    draw.text((150, y + 290), "Thank you, come again", font=font("Sans", 30), fill=ink)
    image.save(OUT / "receipt.png", optimize=True)


def screenshot():
    """A settings window with small interface text, dark side bar, transparent corner shadow."""
    image = Image.new("RGBA", (1280, 800), (242, 243, 245, 255))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 1280, 56), fill=(32, 60, 110))
    draw.text((24, 14), "Account settings", font=font("Sans-Bold", 24), fill="white")
    draw.rectangle((0, 56, 260, 800), fill=(38, 42, 52))
    for i, entry in enumerate(["Profile", "Security", "Notifications", "Billing", "Members"]):
        draw.text((32, 96 + 52 * i), entry, font=font("Sans", 20), fill=(225, 228, 235))
    fields = [("Display name", "Maria Lindgren"), ("Email address", "maria@example.org"), ("Time zone", "Europe/Stockholm"),
              ("Language", "English")]
    for i, (label, value) in enumerate(fields):
        y = 100 + 120 * i
        draw.text((320, y), label, font=font("Sans", 18), fill=(90, 95, 105))
        draw.rectangle((320, y + 32, 900, y + 80), fill="white", outline=(190, 195, 205))
        draw.text((336, y + 44), value, font=font("Sans", 20), fill=(30, 32, 38))
    draw.rounded_rectangle((320, 620, 520, 672), 8, fill=(24, 120, 70))
    draw.text((352, 634), "Save changes", font=font("Sans-Bold", 19), fill="white")
    draw.text((320, 720), "Last updated three days ago", font=font("Sans-Oblique", 18), fill=(110, 114, 122))
    image.putpixel((1279, 799), (0, 0, 0, 0))
    image.save(OUT / "screenshot.png", optimize=True)


def rotated_sign():
    """A street sign, seen at an angle of eighteen degrees."""
    sign = Image.new("RGB", (1100, 460), (18, 84, 50))
    draw = ImageDraw.Draw(sign)
    draw.rounded_rectangle((14, 14, 1086, 446), 24, outline="white", width=8)
    draw.text((80, 60), "NORTH HARBOUR", font=font("Sans-Bold", 98), fill="white")
    draw.text((80, 210), "Ferry terminal 2 km", font=font("Sans-Bold", 84), fill="white")
    draw.text((80, 320), "Market hall", font=font("Sans-Bold", 84), fill="white")
    scene = Image.new("RGB", (1400, 1000), (176, 196, 212))
    turned = sign.rotate(18, resample=Image.BICUBIC, expand=True, fillcolor=(176, 196, 212))
    scene.paste(turned, ((1400 - turned.width) // 2, (1000 - turned.height) // 2))
    scene.filter(ImageFilter.GaussianBlur(0.6)).save(OUT / "rotated-sign.png", optimize=True)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def broken():
    """A JPEG by another name, half a file, and a bomb: 60 KB that claim, and inflate to, 62 MB of pixels and more."""
    Image.open(OUT / "receipt.png").resize((320, 480)).save(OUT / "not-a-png.png", format="JPEG", quality=70)
    whole = (OUT / "page.png").read_bytes()
    (OUT / "truncated.png").write_bytes(whole[: len(whole) // 2])
    side = 22000
    rows = zlib.compress(bytes((side // 8 + 1) * side), 9)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    (OUT / "bomb.png").write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))


EXPECTED = {
    "page.png": {"status": "succeeded", "words": ["Lighthouse", "Keeper", "evening", "hundred", "ledger", "winter", "swallow", "harbour"]},
    "receipt.png": {"status": "succeeded", "words": ["HARBOUR", "BAKERY", "Almond", "4.20", "TOTAL", "13.95", "card"]},
    "screenshot.png": {"status": "succeeded", "words": ["Account", "settings", "Security", "Billing", "Lindgren", "maria@example.org", "Europe/Stockholm", "Language"]},
    "rotated-sign.png": {"status": "succeeded", "words": ["NORTH", "HARBOUR", "Ferry", "terminal", "Market", "hall"]},
    "not-a-png.png": {"status": "failed", "error": "NotPng"},
    "truncated.png": {"status": "failed", "error": "CorruptImage"},
    "bomb.png": {"status": "failed", "error": "ImageTooLarge"},
}


def main():
    OUT.mkdir(exist_ok=True)
    page()
    receipt()
    screenshot()
    rotated_sign()
    broken()
    (OUT / "expected.json").write_text(json.dumps(EXPECTED, indent=2) + "\n")


if __name__ == "__main__":
    main()
