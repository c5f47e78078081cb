import * as ort from 'onnxruntime-node';

process.parentPort.postMessage(ort.listSupportedBackends());
