"""What Pillow, by OpenJPEG 2.5 or later, makes of HTJ2K codestreams. Debian: python3-pil python3-numpy. Never part of the
product.

Usage: htj2k-with-pillow.py < lines of `codestream<TAB>bits of a sample`
Prints one JSON list of all samples a line, interleaved.
"""
import json
import sys

import numpy
from PIL import Image

for line in sys.stdin:
    path, bits = line.rstrip("\n").split("\t")
    samples = numpy.array(Image.open(path))
    # Some versions of Pillow stretch what has more than 8 bits to 16.
    if samples.max() >= 1 << int(bits):
        samples = samples >> (16 - int(bits))
    print(json.dumps(samples.ravel().tolist()))
