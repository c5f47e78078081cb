import { expect, it } from 'vitest';
import { Idleness } from './idleness.ts';

/** An application that was opened at 0 s, and its clock. */
function opened() {
  const clock = { seconds: 0 };
  return { clock, idle: new Idleness(() => clock.seconds * 1000) };
}

it('is what the system says, also where somebody works in another program', () => {
  const { clock, idle } = opened();
  clock.seconds = 60;
  expect(idle.seconds(5)).toBe(5);
  clock.seconds = 900;
  expect(idle.seconds(0)).toBe(0);
  expect(idle.seconds(300)).toBe(300);
});

it('is counted from input to the own window where the system does not know', () => {
  const { clock, idle } = opened();
  clock.seconds = 60;
  expect(idle.seconds(0)).toBe(60);
  idle.input();
  clock.seconds = 90;
  expect(idle.seconds(0)).toBe(30);
});

it('is over with input to the own window, whatever the system says', () => {
  const { clock, idle } = opened();
  clock.seconds = 900;
  idle.input();
  expect(idle.seconds(900)).toBe(0);
});
