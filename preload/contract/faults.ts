/**
 * Every way in which work can fail that a person is told about. The code decides the exit status of the command line
 * (`bad-*` and `unsupported` exit with 3, `usage` with 2, `cancelled` with 130, the rest with 1).
 */
export type FaultCode =
  | 'bad-file' // not what its name says, truncated, damaged
  | 'bad-pixels' // no pixels, or of a size or kind that cannot be an image
  | 'bad-model' // checkpoint or pack that is damaged or of another family
  | 'bad-reference-set' // too few, too many, or unsuitable normal images
  | 'bad-profile' // calibration profile damaged or made for another model
  | 'bad-policy' // the administrator's file is not valid
  | 'bad-database' // database damaged or from a newer version
  | 'unsupported' // well-formed, but not something this version handles
  | 'not-found'
  | 'usage'
  | 'not-allowed' // e.g. changing a signed report
  | 'disk-full'
  | 'engine-died'
  | 'reader-died'
  | 'provider-failed'
  | 'peer-unreachable' // a node that does not answer, or a line that was cut: trying again may help
  | 'peer-refused' // a node that answered no: trying again will not
  | 'timed-out'
  | 'cancelled'
  | 'internal'; // a defect of ours; the sentence says where the log is

/** A failure as it crosses process borders: one clear sentence that says what to do. */
export interface FaultRecord {
  readonly code: FaultCode;
  readonly message: string;
  /** The file or folder that the failure is about. */
  readonly path?: string;
}
