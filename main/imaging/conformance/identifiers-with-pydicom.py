"""What pydicom finds in DICOM files that identifies somebody, and what it makes of the files after de-identification.
Debian: python3-pydicom python3-numpy. Never part of the product.

Usage: identifiers-with-pydicom.py < lines of `original<TAB>de-identified`
Prints one JSON object a line: {names, rawNames, numbers, dates, uids} of the original as lists of text (rawNames: bytes
in hexadecimal), and of the de-identified
file {shortKept, samePixels, codes, codeStrings (all values of VR CS), privateElements, uidsKept}.
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
            # ACR-NEMA wrote 1997.03.05.
            found["dates"].update(date for value in values for date in re.findall(r"\d{8}|\d{4}\.\d\d\.\d\d", value))
        elif element.VR == "UI" and element.keyword not in KINDS:
            found["uids"].update(value for value in values if not value.startswith("1.2.840.10008."))
        elif element.keyword in NUMBERS:
            found["numbers"].update(values)

    dataset.walk(visit)
    return {kind: sorted(values) for kind, values in found.items()}


def short_values_kept(identifying, cleaned):
    """Texts of the copy that are, as a whole, a name or number too short to be looked for among all bytes."""
    short = {value.lower() for kind, least in (("names", 4), ("numbers", 5)) for value in identifying[kind] if len(value) < least}
    kept = []

    def visit(_, element):
        if element.VR in ("PN", "LO", "SH", "ST", "LT", "UC", "UT") and element.value:
            values = element.value if element.VM != 1 else [element.value]
            kept.extend(element.keyword for value in values if str(value).strip().lower() in short - {""})

    cleaned.walk(visit)
    return kept


def code_strings(cleaned):
    """Defined terms: whoever is called like one of them is not named by it."""
    found = []

    def visit(_, element):
        if element.VR == "CS" and element.value:
            found.extend(str(value) for value in (element.value if element.VM != 1 else [element.value]))

    cleaned.walk(visit)
    return found


def same_pixels(before, after):
    """Byte for byte where no comment or unused bit could have been blanked, else of the same length."""
    old, new = before.get("PixelData"), after.get("PixelData")
    if old is None or new is None:
        return old is new
    blanked = before["PixelData"].is_undefined_length or before.BitsStored < before.BitsAllocated
    return len(old) == len(new) if blanked else old == new


def compare(original, cleaned):
    before = pydicom.dcmread(original, force=True)
    after = pydicom.dcmread(cleaned)
    private = []
    after.walk(lambda _, element: private.append(str(element.tag)) if element.tag.is_private else None)
    identifying = identifiers(before)
    return {
        **identifying,
        "shortKept": short_values_kept(identifying, after),
        "samePixels": same_pixels(before, after),
        "codes": [item.CodeValue for item in after.DeidentificationMethodCodeSequence],
        "codeStrings": code_strings(after),
        "privateElements": private,
        "uidsKept": sorted(set(identifying["uids"]) & set(identifiers(after)["uids"])),
    }


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(compare(*line.rstrip("\n").split("\t"))))
