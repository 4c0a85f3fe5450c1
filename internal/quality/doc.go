// Package quality measures how far two pictures are apart: PSNR a channel,
// CPSNR as the demosaicing literature reports it, SSIM and ΔE2000. Comparisons
// stream over two sources in bands, so two 108 MP frames are compared without
// either of them in memory.
package quality
