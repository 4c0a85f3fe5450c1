#!/usr/bin/env bash
# Writes files of every kind that quadraw writes and lets other programs judge
# them. exiftool must find no fault; dcraw and LibRaw must read the samples of
# 2×2 files bit-equal; RawTherapee and darktable must develop them. Programs
# that are not installed are named and left out. Run it from anywhere:
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

# samples prints the bytes behind the header of a 16-bit PGM.
samples() {
	local w h
	read -r w h < <(grep -a -m1 -E '^[0-9]+ [0-9]+ *$' "$1")
	tail -c $((2 * w * h)) "$1"
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

# RawTherapee and darktable make a picture of the right size of it.
developed() {
	local f=$1
	if [ "$rawtherapee" ]; then
		rawtherapee-cli -q -Y -t -o "$dir/rt.tif" -c "$f" >/dev/null 2>&1 && [ -s "$dir/rt.tif" ] && good || fail "RawTherapee on $f"
		rm -f "$dir/rt.tif"
	fi
	if [ "$darktable" ]; then
		darktable-cli "$f" "$dir/dt.tif" --core --library :memory: --configdir "$dir/darktable" >/dev/null 2>&1 && [ -s "$dir/dt.tif" ] && good || fail "darktable on $f"
		rm -f "$dir/dt.tif"
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
		case $f in *quad*) ;; *) equal "$out" ;; esac
	done
done

echo "linear raw and pictures"
for c in none ljpeg deflate; do
	q demosaic "$dir/bayer-rggb-none.dng" --compression $c -o "$dir/linear-$c.dng"
	faultless "$dir/linear-$c.dng"
	[ $c = deflate ] || developed "$dir/linear-$c.dng"
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

echo "$checks checks, $bad failed"
[ $bad -eq 0 ]
