"""What pydicom finds in DICOM files that identifies somebody, and what it makes of the files after de-identification.
Debian: python3-pydicom python3-numpy. Never part of the product.

Usage: identifiers-with-pydicom.py < lines of `original<TAB>de-identified`
Prints one JSON object a line: {names, rawNames, numbers, dates, uids} of the original as lists of text (rawNames: bytes
in hexadecimal), and of the de-identified
file {readable, samePixels, codes, privateElements, uidsKept}.
"""
import json
import re
import sys
import warnings

import pydicom

warnings.simplefilter("ignore")
KINDS = {"SOPClassUID", "ReferencedSOPClassUID", "CodingSchemeUID", "ContextUID", "MappingResourceUID"}
NUMBERS = {"AccessionNumber", "PatientID", "OtherPatientIDs", "MedicalRecordLocator", "StudyID", "AdmissionID"}


def identifiers(dataset):
    found = {"names": set(), "rawNames": set(), "numbers": set(), "dates": set(), "uids": set()}

    def visit(_, element):
        raw = element.value if element.VM != 1 else [element.value]
        values = [str(value) for value in (raw or []) if value is not None]
        if element.VR == "PN":
            found["names"].update(part for value in values for part in re.split(r"[\^= ,]+", value))
            names = [name for name in (raw or []) if getattr(name, "original_string", b"")]
            found["rawNames"].update(name.original_string.strip(b" ^=").hex() for name in names)
        elif element.VR in ("DA", "DT"):
            found["dates"].update(date for value in values for date in re.findall(r"\d{8}", value))
        elif element.VR == "UI" and element.keyword not in KINDS:
            found["uids"].update(value for value in values if not value.startswith("1.2.840.10008."))
        elif element.keyword in NUMBERS:
            found["numbers"].update(values)

    dataset.walk(visit)
    return {kind: sorted(values) for kind, values in found.items()}


def compare(original, cleaned):
    before = pydicom.dcmread(original, force=True)
    after = pydicom.dcmread(cleaned)
    private = []
    after.walk(lambda _, element: private.append(str(element.tag)) if element.tag.is_private else None)
    return {
        **identifiers(before),
        "samePixels": before.get("PixelData") == after.get("PixelData"),
        "codes": [item.CodeValue for item in after.DeidentificationMethodCodeSequence],
        "privateElements": private,
        "uidsKept": sorted(set(identifiers(before)["uids"]) & set(identifiers(after)["uids"])),
    }


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(compare(*line.rstrip("\n").split("\t"))))
