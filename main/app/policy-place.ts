/** Where administrators lay the policy: places that users cannot write to, and that an update leaves alone. */
import { win32 } from 'node:path';

/**
 * On Windows that is a folder beside the one of the program, as in `C:\Program Files\MediCLIP Workstation Policy`: the
 * uninstaller, which every update runs first, empties the program's own, and everybody may make folders in ProgramData.
 * Nothing of it comes from the environment, which users set.
 */
export function policyPlace(platform: NodeJS.Platform, program: string): string {
  if (platform === 'win32')
    return win32.join(win32.dirname(win32.dirname(program)), 'MediCLIP Workstation Policy', FILE);
  if (platform === 'darwin') return `/Library/Application Support/MediCLIP Workstation/${FILE}`;
  return `/etc/mediclip-workstation/${FILE}`;
}

const FILE = 'policy.json';
