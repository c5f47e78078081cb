/** The tasks of the fuzzer's child process. */

export interface ExamineInput {
  /** Folder of real files, or null. */
  readonly folder: string | null;
  readonly scratch: string;
  readonly seed: number;
  /** Inputs `from` to `to - 1`. */
  readonly from: number;
  readonly to: number;
}

export interface Verdict {
  readonly index: number;
  /** The file that the input was made from. */
  readonly name: string;
  /** `read`, a Fault's code, or `untyped`. */
  readonly outcome: string;
  readonly detail: string;
  /** Where a Fault was made of a TypeError or RangeError, which a check should have come before; '' otherwise. */
  readonly wrapped: string;
}

export interface FuzzTasks {
  /** Progress is the index of the input that is begun. */
  examine: {
    input: ExamineInput;
    progress: number;
    output: { readonly verdicts: readonly Verdict[]; readonly peakBytes: number };
  };
  /** Writes one input to `out`. */
  reproduce: {
    input: Pick<ExamineInput, 'folder' | 'seed'> & { readonly index: number; readonly out: string };
    progress: never;
    output: { readonly name: string };
  };
}
