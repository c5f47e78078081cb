process.parentPort.postMessage('hello');
