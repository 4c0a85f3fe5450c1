#!/usr/bin/env python3
"""Cut the small DNG files of this folder from the real ones they come from.

usage: crop.py FOLDER-OF-REAL-FILES
(needs numpy and LibRaw's unprocessed_raw; README.md says what is what)

Every field of the source is kept as it is, but for the size, the places of
the strips or tiles, ActiveArea and DefaultCrop. Samples are copied, never
coded again: whole tiles, or bytes of packed rows. golden.tsv gets the MD5 of
the samples (16-bit little-endian, row by row), taken from the uncompressed
source, or for quad_ljpeg.dng from LibRaw, not from this module.
"""
import hashlib
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
DROP = {513, 514, 51112, 51111, 50972}  # previews and digests of the whole


def directory(d, at):
    """Returns {tag: (type, count, bytes)} and the next directory's offset."""
    n, = struct.unpack_from("<H", d, at)
    out = {}
    for i in range(n):
        tag, typ, count = struct.unpack_from("<HHI", d, at + 2 + 12 * i)
        size = SIZES[typ] * count
        where = at + 10 + 12 * i
        if size > 4:
            where, = struct.unpack_from("<I", d, where)
        out[tag] = (typ, count, d[where : where + size])
    return out


def numbers(field):
    typ, count, b = field
    return list(struct.unpack("<%d%s" % (count, {1: "B", 3: "H", 4: "I", 13: "I"}[typ]), b))


def longs(*v):
    return (4, len(v), struct.pack("<%dI" % len(v), *v))


def write(path, ifds, chunks):
    """ifds: [main, exif or None, gps or None]; chunks are of main."""
    out = bytearray(b"II*\0\0\0\0\0")
    places = []
    for c in chunks:
        places.append(len(out))
        out += c + b"\0" * (len(c) % 2)
    main, exif, gps = ifds
    tiled = 322 in main
    main[324 if tiled else 273] = longs(*places)
    main[325 if tiled else 279] = longs(*[len(c) for c in chunks])

    def put(fields):
        values = {}
        for tag, (typ, count, b) in fields.items():
            if len(b) > 4:
                values[tag] = struct.pack("<I", len(out))
                out.extend(b + b"\0" * (len(b) % 2))
            else:
                values[tag] = b + b"\0" * (4 - len(b))
        at = len(out)
        out.extend(struct.pack("<H", len(fields)))
        for tag in sorted(fields):
            out.extend(struct.pack("<HHI", tag, fields[tag][0], fields[tag][1]) + values[tag])
        out.extend(b"\0\0\0\0")
        return at

    if exif:
        main[34665] = longs(put(exif))
    if gps:
        main[34853] = longs(put(gps))
    struct.pack_into("<I", out, 4, put(main))
    path.write_bytes(bytes(out))


def read(path):
    d = path.read_bytes()
    first = directory(d, struct.unpack_from("<I", d, 4)[0])
    exif = directory(d, numbers(first[34665])[0]) if 34665 in first else None
    gps = directory(d, numbers(first[34853])[0]) if 34853 in first else None
    if exif:
        exif.pop(40965, None)
    main = first
    if numbers(first.get(254, longs(0)))[0] != 0:  # the raw image is in a SubIFD
        raw = next(s for s in (directory(d, o) for o in numbers(first[330])) if numbers(s.get(254, longs(0)))[0] == 0)
        main = {t: f for t, f in first.items() if not (256 <= t <= 284 and t not in (270, 271, 272, 274)) and t != 330}
        main.update(raw)
    return d, {t: f for t, f in main.items() if t not in DROP}, exif, gps


def resize(main, x, y, w, h):
    main[256], main[257] = longs(w), longs(h)
    if 322 not in main:
        main[278] = longs(h)
    if 50829 in main:
        t, l, b, r = numbers(main[50829])
        t, l, b, r = max(t - y, 0), max(l - x, 0), min(b - y, h), min(r - x, w)
        main[50829] = longs(t, l, b, r)
    else:
        t, l, b, r = 0, 0, h, w
    main[50719], main[50720] = longs(0, 0), longs(r - l, b - t)


def rows(src, dst, x, y, w, h):
    """A rectangle of an uncompressed file of one strip."""
    d, main, exif, gps = read(src)
    bits, width, at = numbers(main[258])[0], numbers(main[256])[0], numbers(main[273])[0]
    stride = (width * bits + 7) // 8
    chunk = b"".join(d[at + (y + i) * stride + x * bits // 8 :][: w * bits // 8] for i in range(h))
    resize(main, x, y, w, h)
    write(dst, [main, exif, gps], [chunk])


def tiles(src, dst, tx, ty, nx, ny):
    """Whole tiles of a tiled file."""
    d, main, exif, gps = read(src)
    tw, th, width = numbers(main[322])[0], numbers(main[323])[0], numbers(main[256])[0]
    across = (width + tw - 1) // tw
    at, size = numbers(main[324]), numbers(main[325])
    chunks = [d[at[i] : at[i] + size[i]] for i in (j * across + k for j in range(ty, ty + ny) for k in range(tx, tx + nx))]
    resize(main, tx * tw, ty * th, nx * tw, ny * th)
    write(dst, [main, exif, gps], chunks)


def samples(src):
    """All samples of an uncompressed 14- or 16-bit file of one strip."""
    d, main, _, _ = read(src)
    bits, w, h, at = (numbers(main[t])[0] for t in (258, 256, 257, 273))
    if bits == 16:
        return np.frombuffer(d, "<u2", w * h, at).reshape(h, w)
    b = np.unpackbits(np.frombuffer(d, np.uint8, w * bits // 8 * h, at)).reshape(h, w, bits)
    return (b.astype(np.uint32) << np.arange(bits - 1, -1, -1, dtype=np.uint32)).sum(2).astype("<u2")


def libraw(src):
    """All samples of a file as LibRaw's unprocessed_raw decodes them."""
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copy(src, folder)
        subprocess.run(["unprocessed_raw", copy], check=True, capture_output=True)
        pgm = Path(copy + ".pgm").read_bytes()
    _, w, h, top, rest = pgm.split(maxsplit=4)
    body = pgm[-int(w) * int(h) * 2 :]
    return np.frombuffer(body, ">u2").reshape(int(h), int(w)).astype("<u2")


def main():
    real, here = Path(sys.argv[1]), Path(__file__).parent
    gopro, canon = samples(real / "gopro_hero6_4000x3000_rggb14in16.dng"), samples(real / "canon_kissx4_ml_1888x1182_rggb14packed.dng")
    golden = []

    def note(name, pix):
        golden.append("%s\t%s\t%dx%d\n" % (name, hashlib.md5(np.ascontiguousarray(pix).tobytes()).hexdigest(), pix.shape[1], pix.shape[0]))

    rows(real / "gopro_hero6_4000x3000_rggb14in16.dng", here / "gopro_hero6_16bit.dng", 1400, 1300, 320, 240)
    note("gopro_hero6_16bit.dng", gopro[1300:1540, 1400:1720])
    tiles(real / "gopro_hero6_4000x3000_rggb_ljpeg_tiles256.dng", here / "gopro_hero6_ljpeg.dng", 5, 5, 2, 1)
    note("gopro_hero6_ljpeg.dng", gopro[1280:1536, 1280:1792])
    rows(real / "canon_kissx4_ml_1888x1182_rggb14packed.dng", here / "canon_kissx4_14bit.dng", 0, 0, 400, 160)
    note("canon_kissx4_14bit.dng", canon[:160, :400])
    tiles(real / "canon_kissx4_ml_ljpeg_tiles240.dng", here / "canon_kissx4_ljpeg.dng", 0, 0, 2, 1)
    note("canon_kissx4_ljpeg.dng", canon[:240, :480])
    quad = real / "SYNTH_quadbayer4x4_4000x3000_ljpeg_tiles256.dng"
    tiles(quad, here / "quad_ljpeg.dng", 5, 5, 2, 1)
    note("quad_ljpeg.dng", libraw(quad)[1280:1536, 1280:1792])
    (here / "golden.tsv").write_text("# file\tMD5 of the samples (16-bit little-endian, row by row)\tsize\n" + "".join(golden))


main()
