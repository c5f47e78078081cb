import type { FrameRef } from '../../preload/contract/model.ts';

/** One string per picture, for sets, maps and keyed lists. */
export function frameKey({ sopInstanceUid, frame }: FrameRef): string {
  return `${sopInstanceUid}#${frame}`;
}

/** The reference alone, without what rows carry besides: calls accept nothing more. */
export function frameRef({ sopInstanceUid, frame }: FrameRef): FrameRef {
  return { sopInstanceUid, frame };
}
