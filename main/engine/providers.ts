/** Execution providers: how onnxruntime names them, in the order in which each platform prefers them. */
import './no-telemetry.ts';
import * as ort from 'onnxruntime-node';

/** As it stands in profiles and results. */
export function onnxruntimeVersion(): string {
  return ort.env.versions.node ?? ort.env.versions.common;
}
