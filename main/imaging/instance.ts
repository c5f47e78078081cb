/** What one file says of its patient, study, series and image. Strings are spelled as DICOM spells them; '' is absent. */
export interface InstanceHeader {
  readonly source: 'dicom' | 'photo';
  /** True where a UID was absent and one was derived (2.25.<from SHA-256>), as always for photos. */
  readonly derivedUids: boolean;
  readonly patient: PatientHeader;
  readonly study: StudyHeader;
  readonly series: SeriesHeader;
  readonly instance: InstanceIdentity;
  /** Null where the file holds no picture: structured reports, plans, waveforms. */
  readonly image: ImageHeader | null;
}

export interface PatientHeader {
  /** PN, decoded: `Family^Given^Middle^Prefix^Suffix`, then `=ideographic=phonetic` where given. */
  readonly name: string;
  readonly id: string;
  /** DA: YYYYMMDD. */
  readonly birthDate: string;
  /** CS: M, F, O. */
  readonly sex: string;
}

export interface StudyHeader {
  readonly uid: string;
  /** DA: YYYYMMDD. */
  readonly date: string;
  /** TM: HHMMSS.FFFFFF, possibly shortened. */
  readonly time: string;
  readonly description: string;
  readonly accessionNumber: string;
}

export interface SeriesHeader {
  readonly uid: string;
  readonly number: number | null;
  readonly modality: string;
  readonly bodyPart: string;
  readonly description: string;
  readonly manufacturer: string;
  readonly protocol: string;
  /** Sequence Name (0018,0024), else Convolution Kernel (0018,1210). */
  readonly technique: string;
  /** Image Laterality, else Laterality: L, R, B, U. */
  readonly laterality: string;
  /** View Position: AP, PA, LL, CC, MLO ... */
  readonly view: string;
  readonly frameOfReferenceUid: string;
}

export interface InstanceIdentity {
  readonly sopClassUid: string;
  readonly uid: string;
  readonly number: number | null;
  readonly transferSyntax: string;
  /** Image Type: e.g. ORIGINAL, PRIMARY, LOCALIZER. */
  readonly imageType: readonly string[];
  /** A photo's file name; Image Comments of DICOM. */
  readonly label: string;
}

export interface ImageHeader {
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  readonly samplesPerPixel: number;
  readonly photometric: string;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly signed: boolean;
  /** Image Position (Patient), mm, of the first frame. */
  readonly position: readonly [number, number, number] | null;
  /** Image Orientation (Patient): direction cosines of a row, then of a column. */
  readonly orientation: readonly [number, number, number, number, number, number] | null;
  /** Where each frame lies, where the file says so frame by frame (enhanced multi-frame); null elsewhere. */
  readonly framePlaces: readonly FramePlace[] | null;
  readonly pixelSpacing: PixelSpacing | null;
  /** mm. */
  readonly sliceThickness: number | null;
  readonly windows: readonly WindowPreset[];
  readonly rescale: Rescale;
  /** Pixel padding in stored values, inclusive. */
  readonly padding: ValueRange | null;
  /** Parts of the picture that show the patient, where the file says so (ultrasound); empty elsewhere. */
  readonly regions: readonly ImageRegion[];
  /** Shapes outside which the picture does not count (radiographs); empty elsewhere. */
  readonly shutters: readonly Shutter[];
  /** Whether the image was ever compressed with loss. */
  readonly lossy: boolean;
}

/** A rectangle of pixels, its edges inclusive, counted from 0. */
export interface ImageRegion {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The opening of a display shutter or of the X-ray collimator; pixels counted from 0. */
export type Shutter =
  | ({ readonly kind: 'rectangle' } & ImageRegion)
  | { readonly kind: 'circle'; readonly x: number; readonly y: number; readonly radius: number }
  | { readonly kind: 'polygon'; readonly vertices: readonly { readonly x: number; readonly y: number }[] };

/** As `position` and `orientation` of ImageHeader, of one frame. */
export type FramePlace = Pick<ImageHeader, 'position' | 'orientation'>;

export interface PixelSpacing {
  /** Distance between rows (vertical), mm. */
  readonly row: number;
  /** Distance between columns (horizontal), mm. */
  readonly column: number;
  /** `detector`: on the detector's plane, so the patient's anatomy is magnified by an unknown factor. */
  readonly plane: 'patient' | 'detector';
}

export interface WindowPreset {
  readonly center: number;
  readonly width: number;
  readonly explanation: string;
}

export interface Rescale {
  readonly slope: number;
  readonly intercept: number;
  /** Rescale Type, e.g. HU, US (unspecified); '' where absent. */
  readonly type: string;
}

export interface ValueRange {
  readonly from: number;
  readonly to: number;
}
