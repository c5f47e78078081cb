"""Reads DICOM files with independent readers, for comparison. Debian: python3-pydicom python3-numpy python3-gdcm
python3-pil dcmtk. Never part of the product.

Usage: read-with-pydicom.py OUT_DIR < list of paths, one a line
Writes OUT_DIR/N.json and OUT_DIR/N.READER.bin for the N-th path: stored values, all frames, interleaved, little endian.
"""
import json
import os
import subprocess
import sys
import tempfile
import warnings

import numpy
import pydicom
from pydicom.pixel_data_handlers import gdcm_handler, numpy_handler, pillow_handler, rle_handler
from pydicom.pixel_data_handlers.util import apply_color_lut, convert_color_space

warnings.simplefilter("ignore")

HANDLERS = {
    "pydicom": [numpy_handler, rle_handler],
    "gdcm": [gdcm_handler],
    "pillow": [pillow_handler],
}
DCMTK_TOOLS = {  # transfer syntax -> the tool that decompresses it; colour as the header declares it
    **dict.fromkeys(["50", "51", "53", "55", "57", "70"], ["dcmdjpeg", "+cp"]),
    **dict.fromkeys(["80", "81"], ["dcmdjpls"]),
}


def samples(dataset, handlers):
    """All frames as (frames, rows, columns, samples), palettes and YBR resolved."""
    pydicom.config.pixel_data_handlers = handlers
    array = dataset.pixel_array
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        array = apply_color_lut(array, dataset)
    elif dataset.PhotometricInterpretation in ("YBR_FULL", "YBR_FULL_422") and array.shape[-1] == 3:
        array = convert_color_space(array, dataset.PhotometricInterpretation, "RGB", per_frame=False)
    return array


def through_dcmtk(path, dataset):
    """Decompressed by dcmtk, then read as plain values."""
    syntax = dataset.file_meta.TransferSyntaxUID
    tool = DCMTK_TOOLS.get(syntax.split(".")[-1]) if syntax.startswith("1.2.840.10008.1.2.4.") else None
    if tool is None and syntax == "1.2.840.10008.1.2.5":
        tool = ["dcmdrle"]
    if tool is None and syntax == "1.2.840.10008.1.2.2":
        tool = ["dcmconv", "+te"]
    if tool is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        plain = os.path.join(folder, "plain.dcm")
        subprocess.run([*tool, path, plain], check=True, capture_output=True, timeout=60)
        return samples(pydicom.dcmread(plain), [numpy_handler])


def text_of(dataset):
    """Names as text, those in sequences too: what the character sets are compared by."""
    found = []

    def visit(_, element):
        if element.VR == "PN":
            values = element.value if element.VM > 1 else [element.value]
            found.extend(str(value) for value in values)

    dataset.walk(visit)
    return found


def read(number, path, folder):
    result = {"path": path, "readers": {}}
    try:
        dataset = pydicom.dcmread(path, force=False)
    except Exception as error:  # whatever it says is the result
        result["error"] = str(error).splitlines()[0]
        return result
    result["syntax"] = str(getattr(dataset.file_meta, "TransferSyntaxUID", "")) if hasattr(dataset, "file_meta") else ""
    try:
        result["names"] = text_of(dataset)
    except Exception as error:
        result["namesError"] = str(error).splitlines()[0]
    if "PixelData" not in dataset:
        result["error"] = "no pixel data"
        return result
    attempts = {name: lambda name=name: samples(dataset, HANDLERS[name]) for name in HANDLERS}
    attempts["dcmtk"] = lambda: through_dcmtk(path, dataset)
    for name, attempt in attempts.items():
        try:
            dataset = pydicom.dcmread(path)
            array = attempt()
            if array is None:
                continue
            data = numpy.ascontiguousarray(array)
            data.astype(data.dtype.newbyteorder("<")).tofile(os.path.join(folder, f"{number}.{name}.bin"))
            result["readers"][name] = {"shape": list(array.shape), "dtype": str(array.dtype.newbyteorder("="))}
        except Exception as error:
            result["readers"][name] = {"error": str(error).splitlines()[0] if str(error) else type(error).__name__}
    return result


if __name__ == "__main__":
    target = sys.argv[1]
    for index, line in enumerate(sys.stdin):
        outcome = read(index, line.rstrip("\n"), target)
        with open(os.path.join(target, f"{index}.json"), "w") as out:
            json.dump(outcome, out)
