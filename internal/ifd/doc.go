// Package ifd knows the structure of TIFF files: the names of their fields
// (TIFF 6.0, TIFF/EP, DNG 1.7.1, EXIF 2.32), reading a file's tree of image
// file directories, classic and BigTIFF, within limits, and building one.
package ifd
