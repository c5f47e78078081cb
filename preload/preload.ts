/** Runs sandboxed in the window before its page: exposes the contract and nothing else. */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type { WorkstationBridge } from './contract/workstation.ts';
import { callChannel, eventChannelPrefix, eventNames } from './contract/workstation.ts';

const bridge: WorkstationBridge = {
  call: (name, ...args) => ipcRenderer.invoke(callChannel, name, args),
  on(name, listener) {
    if (!eventNames.includes(name)) throw new Error(`There is no event named ${name}.`);
    const forward = (_event: Electron.IpcRendererEvent, payload: unknown) => listener(payload as never);
    ipcRenderer.on(eventChannelPrefix + name, forward);
    return () => ipcRenderer.removeListener(eventChannelPrefix + name, forward);
  },
  pathOfDroppedFile: (file) => webUtils.getPathForFile(file),
};

contextBridge.exposeInMainWorld('workstation', bridge);
