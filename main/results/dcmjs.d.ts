/** The part of dcmjs that is used here; the package brings no types. */
declare module 'dcmjs' {
  /** DICOM attributes by keyword; `_vrMap` chooses the value representation where the dictionary leaves a choice. */
  type NaturalDataset = Record<string, unknown>;
  const dcmjs: {
    readonly data: {
      datasetToBuffer(dataset: NaturalDataset): Uint8Array;
      readonly DicomDict: new (
        meta: Record<string, unknown>,
      ) => { dict: Record<string, unknown>; write(options?: object): ArrayBuffer };
      readonly DicomMetaDictionary: { denaturalizeDataset(dataset: NaturalDataset): Record<string, unknown> };
    };
  };
  export default dcmjs;
}
