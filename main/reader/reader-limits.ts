/** What the reader process may take before it is killed. The sizes that files may declare are in imaging/limits.ts. */
export const READER_LIMITS = {
  /** The largest file that is read (2 GiB), and the largest frame that is decoded beside it. */
  memoryBytes: 5 * 1024 ** 3,
  /** V8's own heap: headers and lists of elements. Pixels lie outside it. */
  execArgv: ['--max-old-space-size=1024'],
} as const;
