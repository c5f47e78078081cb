/** The part of dcmjs that is used here; the package brings no types. */
declare module 'dcmjs' {
  /**
   * DICOM attributes by keyword; `_meta` holds the file meta information, `_vrMap` chooses the value representation where
   * the dictionary leaves a choice.
   */
  type NaturalDataset = Record<string, unknown>;
  const dcmjs: {
    readonly data: {
      datasetToBuffer(dataset: NaturalDataset): Uint8Array;
      readonly DicomDict: new (
        meta: Record<string, unknown>,
      ) => { dict: Record<string, unknown>; write(options?: object): ArrayBuffer };
      readonly DicomMetaDictionary: {
        denaturalizeDataset(dataset: NaturalDataset): Record<string, unknown>;
        /** By keyword. */
        readonly nameMap: Readonly<Record<string, { readonly vr: string } | undefined>>;
        /** By tag as `(0010,0010)`. */
        readonly dictionary: Readonly<Record<string, { readonly tag: string; readonly vr: string } | undefined>>;
      };
    };
  };
  export default dcmjs;
}
