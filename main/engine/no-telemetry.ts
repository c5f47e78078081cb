/**
 * Imported before onnxruntime wherever that is: without this it tells its maker of every session, on Linux and macOS.
 * In the product the parent process has set it already (main/app/quiet.ts).
 */
process.env.ORT_DISABLE_TELEMETRY = '1';
