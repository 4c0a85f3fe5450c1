# OpenCV as a peer: told on standard input what to run, tells on standard output
# how many seconds it took. Started with the width and height of a frame.
import sys, time
import numpy as np, cv2

w, h = int(sys.argv[1]), int(sys.argv[2])
frame = (np.arange(w * h, dtype=np.uint32) * np.uint32(2654435761) >> np.uint32(22)).astype(np.uint16).reshape(h, w)
half = np.zeros((h // 2, w // 2), np.uint16)
rgb = None


def color(code, src, dst=None):
    # OpenCV names a Bayer array by its second row and column: RGGB is BG.
    return cv2.cvtColor(src, {"bilinear": cv2.COLOR_BayerBG2RGB, "EA": cv2.COLOR_BayerBG2RGB_EA}[code], dst)


print("ready", cv2.__version__, flush=True)
for line in sys.stdin:
    what, *args = line.split()
    if what == "demosaic":  # method, width, height, input, output: samples of 16 bits
        method, width, height, name, out = args
        src = np.fromfile(name, np.uint16).reshape(int(height), int(width))
        color(method, src).tofile(out)
        print(0, flush=True)
        continue
    cv2.setNumThreads(int(args[0]))
    if what != "INTER_AREA" and rgb is None:
        rgb = np.zeros((h, w, 3), np.uint16)
    start = time.perf_counter()
    if what == "INTER_AREA":
        cv2.resize(frame, (w // 2, h // 2), half, interpolation=cv2.INTER_AREA)
    else:
        color(what, frame, rgb)
    print(time.perf_counter() - start, flush=True)
