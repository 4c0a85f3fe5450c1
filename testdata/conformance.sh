#!/usr/bin/env bash
# Writes files of every kind that quadraw writes and lets other programs judge
# them. exiftool must find no fault; dcraw and LibRaw must read the samples of
# 2×2 files bit-equal; RawTherapee and darktable must develop them to a picture
# of their size and about their colours. What they make of files that they do
# not claim to read (larger cells, one sample a pixel, floating point) is
# printed and not judged. Programs that are not installed are named and left
# out. Run it from anywhere:
#
#	testdata/conformance.sh [folder to keep the files in]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dir=${1:-$(mktemp -d)}
[ $# -gt 0 ] || trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir"

(cd "$root" && go build -o "$dir/quadraw" ./cmd/quadraw)
q() { "$dir/quadraw" "$@" --quiet --overwrite; }

has() { command -v "$1" >/dev/null || { echo "not installed, left out: $1"; return 1; }; }
exiftool=; dcraw=; libraw=; rawtherapee=; darktable=
has exiftool && exiftool=1 || true
has dcraw && dcraw=1 || true
has unprocessed_raw && libraw=1 || true
has rawtherapee-cli && rawtherapee=1 || true
has darktable-cli && darktable=1 || true

checks=0 bad=0
good() { checks=$((checks + 1)); }
fail() { checks=$((checks + 1)) bad=$((bad + 1)); echo "FAILED: $*"; }

# samples prints the samples of a PGM as words, high byte first.
samples() {
	local w h
	read -r w h < <(grep -a -m1 -E '^[0-9]+ [0-9]+ *$' "$1")
	if [ "$(grep -a -m1 -E '^ *[0-9]+ *$' "$1")" -lt 256 ]; then
		tail -c $((w * h)) "$1" | perl -0777 -ne 'print pack("n*", unpack("C*", $_))'
	else
		tail -c $((2 * w * h)) "$1"
	fi
}

faultless() {
	[ "$exiftool" ] || return 0
	local out
	out=$(exiftool -validate -warning -error -a -s3 "$1" 2>&1 || true)
	# Not ours: it does not expect TIFF's compression 8 (Adobe's deflate), and
	# what cameras left out or misspelt is carried through as it was.
	out=$(grep -v -e 'tag 0x0103 Compression' -e 'GPSProcessingMethod' -e 'Invalid date/time format' -e '^OK$' -e '^[0-9]* Warning' <<<"$out" || true)
	if [ -z "$out" ]; then
		good
	else
		fail "exiftool on $1: $out"
	fi
}

# libraw_samples prints what LibRaw reads from a file, by way of a copy, for it
# writes beside its input.
libraw_samples() {
	rm -f "$dir"/libraw.dng*
	cp "$1" "$dir/libraw.dng"
	unprocessed_raw "$dir/libraw.dng" >/dev/null
	samples "$dir"/libraw.dng*.pgm
}

# Every reader gets the samples of a 2×2 mosaic that we wrote.
equal() {
	local f=$1
	q raw "$f" -o "$dir/want.pgm"
	samples "$dir/want.pgm" >"$dir/want.bin"
	if [ "$dcraw" ]; then # -t 0: the samples are not turned upright
		dcraw -E -4 -t 0 -c "$f" >"$dir/got.pgm" && samples "$dir/got.pgm" | cmp -s - "$dir/want.bin" && good || fail "dcraw reads other samples from $f"
	fi
	if [ "$libraw" ]; then
		libraw_samples "$f" | cmp -s - "$dir/want.bin" && good || fail "LibRaw reads other samples from $f"
	fi
}

# look prints what a picture looks like: width, height, means of red, green and
# blue in percent of white, and by how much colour changes from one pixel to
# the next, which is large where a mosaic was read by another's colours.
look() {
	local w h
	q raw "$1" --bits 8 -o "$dir/look.ppm" 2>/dev/null || { echo "0 0 0 0 0 0"; return; }
	read -r w h < <(sed -n 2p "$dir/look.ppm")
	tail -c $((3 * w * h)) "$dir/look.ppm" | od -An -v -tu1 -w3 | awk -v w="$w" -v h="$h" '
		{ r += $1; g += $2; b += $3; d = $1 - $2; if (NR % w != 1) { e = d - last; c += e < 0 ? -e : e }; last = d }
		END { printf "%d %d %.1f %.1f %.1f %.2f\n", w, h, r / NR / 2.55, g / NR / 2.55, b / NR / 2.55, c / NR }'
}

# alike judges another program's look by ours: borders may be cut, another
# curve may be applied.
alike() {
	awk -v theirs="$1" -v ours="$2" '
		function near(a, b, by) { return a > b / by && a < b * by }
		BEGIN {
			split(theirs, t); split(ours, o)
			ok = t[1] <= o[1] && t[1] >= o[1] - 16 && t[2] <= o[2] && t[2] >= o[2] - 16
			ok = ok && near(t[4], o[4], 2.5) && near(t[3] / (t[4] + .001), o[3] / o[4], 1.25) && near(t[5] / (t[4] + .001), o[5] / o[4], 1.25)
			exit !(ok && t[6] < 4 * o[6] + 2)
		}'
}

with_rawtherapee() { rm -f "$dir/rt.tif"; rawtherapee-cli -q -Y -t -b8 -o "$dir/rt.tif" -c "$1" >/dev/null 2>&1; }
with_darktable() { rm -f "$dir/dt.tif"; darktable-cli "$1" "$dir/dt.tif" --core --library :memory: --configdir "$dir/darktable" >/dev/null 2>&1; }

# developed: RawTherapee and darktable make a picture like ours of it.
developed() {
	local f=$1 ours theirs
	[ "$rawtherapee$darktable" ] || return 0
	q convert "$f" -o "$dir/own.tif"
	ours=$(look "$dir/own.tif")
	if [ "$rawtherapee" ]; then
		with_rawtherapee "$f" && theirs=$(look "$dir/rt.tif") && alike "$theirs" "$ours" && good || fail "RawTherapee on $f: ${theirs-no picture}, ours is $ours"
	fi
	if [ "$darktable" ]; then
		with_darktable "$f" && theirs=$(look "$dir/dt.tif") && alike "$theirs" "$ours" && good || fail "darktable on $f: ${theirs-no picture}, ours is $ours"
	fi
}

# told prints what others make of a file that they do not claim to read.
told() {
	local f=$1 ours
	q convert "$f" -o "$dir/own.tif"
	ours=$(look "$dir/own.tif")
	say() {
		local name=$1 code=$2 theirs
		if [ "$code" -ne 0 ]; then
			echo "  $(basename "$f"): $name refuses or dies (exit $code)"
			return
		fi
		theirs=$(look "$3")
		if alike "$theirs" "$ours"; then
			echo "  $(basename "$f"): $name makes a picture like ours"
		else
			echo "  $(basename "$f"): $name makes another picture, exit 0: $theirs, ours is $ours"
		fi
	}
	local code
	if [ "$dcraw" ]; then
		code=0; (dcraw -w -T -c "$f" >"$dir/dcraw.tif") 2>/dev/null || code=$?
		say dcraw $code "$dir/dcraw.tif"
	fi
	if [ "$libraw" ]; then
		code=0; rm -f "$dir/libraw.dng"*; cp "$f" "$dir/libraw.dng"; (dcraw_emu -w -T "$dir/libraw.dng") >/dev/null 2>&1 || code=$?
		[ -s "$dir/libraw.dng.tiff" ] || code=${code/#0/no picture, 0}
		[ "$code" = 0 ] && say LibRaw 0 "$dir/libraw.dng.tiff" || echo "  $(basename "$f"): LibRaw refuses or dies (exit $code)"
	fi
	if [ "$rawtherapee" ]; then
		code=0; (with_rawtherapee "$f") 2>/dev/null || code=$?
		say RawTherapee $code "$dir/rt.tif"
	fi
	if [ "$darktable" ]; then
		code=0; (with_darktable "$f") 2>/dev/null || code=$?
		say darktable $code "$dir/dt.tif"
	fi
}

echo "mosaics"
for cfa in bayer-rggb bayer-grbg bayer-gbrg bayer-bggr quad-rggb quad-gbrg nona-rggb hexadeca-bggr; do
	q synth --size 720x576 --scene texture --cfa $cfa --compression none -o "$dir/$cfa-none.dng"
	q raw "$dir/$cfa-none.dng" --compression ljpeg -o "$dir/$cfa-ljpeg.dng"
	for c in none ljpeg; do
		faultless "$dir/$cfa-$c.dng"
		case $cfa in bayer-*)
			equal "$dir/$cfa-$c.dng"
			developed "$dir/$cfa-$c.dng"
			;;
		esac
	done
done

echo "depths: 8 and 12 bits here, 10 above, 14 and 16 below"
q synth --size 720x576 --scene texture --sensor imx477 --compression none -o "$dir/12bit-none.dng"
q raw "$dir/12bit-none.dng" --compression ljpeg -o "$dir/12bit-ljpeg.dng"
q raw "$dir/bayer-rggb-none.dng" -o "$dir/tenbits.pgm"
samples "$dir/tenbits.pgm" | perl -0777 -ne 'print pack("C*", map { $_ >> 2 } unpack("n*", $_))' >"$dir/bytes.raw"
for c in none ljpeg; do
	q raw "$dir/bytes.raw" --raw-size 720x576 --raw-packing raw8 --cfa bayer-rggb --compression $c -o "$dir/8bit-$c.dng"
	faultless "$dir/8bit-$c.dng"
	equal "$dir/8bit-$c.dng"
	developed "$dir/8bit-$c.dng"
	faultless "$dir/12bit-$c.dng"
	equal "$dir/12bit-$c.dng"
	developed "$dir/12bit-$c.dng"
done

echo "binned and remosaiced"
for c in none ljpeg; do
	q bin "$dir/quad-rggb-none.dng" --compression $c -o "$dir/binned-$c.dng"
	q remosaic "$dir/quad-gbrg-none.dng" --compression $c -o "$dir/remosaiced-$c.dng"
	for f in "$dir/binned-$c.dng" "$dir/remosaiced-$c.dng"; do
		faultless "$f"
		equal "$f"
		developed "$f"
	done
done

echo "real cameras' metadata carried through"
for f in "$root"/testdata/*.dng; do
	for c in none ljpeg; do
		out="$dir/$(basename "$f" .dng)-$c-again.dng"
		q raw "$f" --compression $c -o "$out"
		faultless "$out"
		case $f in *quad*) ;; *) equal "$out"; developed "$out" ;; esac
	done
done

echo "linear raw and pictures"
for c in none ljpeg deflate; do
	q demosaic "$dir/bayer-rggb-none.dng" --compression $c -o "$dir/linear-$c.dng"
	faultless "$dir/linear-$c.dng"
	[ $c = deflate ] || developed "$dir/linear-$c.dng" # floating point: below
done
for gamut in srgb p3 rec2020; do
	for ext in jpg png tif; do
		q convert "$root/testdata/gopro_hero6_16bit.dng" --gamut $gamut -o "$dir/$gamut.$ext"
		faultless "$dir/$gamut.$ext"
	done
done
for bits in 8 16; do
	q convert "$root/testdata/gopro_hero6_16bit.dng" --bits $bits -o "$dir/deep$bits.png"
	q convert "$root/testdata/gopro_hero6_16bit.dng" --bits $bits --compression deflate -o "$dir/deep$bits.tif"
	faultless "$dir/deep$bits.png"
	faultless "$dir/deep$bits.tif"
done

echo "what others make of the rest"
q raw "$dir/bayer-rggb-none.dng" --cfa mono -o "$dir/mono.dng"
faultless "$dir/mono.dng"
for f in quad-rggb-none quad-rggb-ljpeg nona-rggb-none hexadeca-bggr-none mono linear-deflate; do
	told "$dir/$f.dng"
done

echo "$checks checks, $bad failed"
[ $bad -eq 0 ]
