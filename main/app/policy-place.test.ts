import { win32 } from 'node:path';
import { expect, it } from 'vitest';
import { policyPlace } from './policy-place.ts';

it('is outside of what an update replaces, and the same from version to version', () => {
  const program = 'C:\\Program Files\\MediCLIP Workstation\\MediCLIP Workstation.exe';
  const place = policyPlace('win32', program);
  expect(place).toBe('C:\\Program Files\\MediCLIP Workstation Policy\\policy.json');
  expect(win32.relative(win32.dirname(program), place)).toMatch(/^\.\.\\/);
  expect(policyPlace('win32', 'D:\\Apps\\MediCLIP\\MediCLIP Workstation.exe')).toBe(
    'D:\\Apps\\MediCLIP Workstation Policy\\policy.json',
  );
  expect(policyPlace('darwin', '/Applications/MediCLIP Workstation.app/Contents/MacOS/MediCLIP Workstation')).toBe(
    '/Library/Application Support/MediCLIP Workstation/policy.json',
  );
  expect(policyPlace('linux', '/opt/MediCLIP Workstation/mediclip-workstation')).toBe(
    '/etc/mediclip-workstation/policy.json',
  );
});
