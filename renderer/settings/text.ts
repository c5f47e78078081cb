import { messages } from '../language/language.svelte.ts';

export const text = messages(
  {
    title: 'Processors on this machine',
    untested: 'Not tested yet. Each is compared with the CPU before it does any work on this model.',
    test: 'Test now',
    chosen: 'in use',
    right: 'agrees with the CPU',
    wrong: 'set aside',
    absent: 'not available',
    slow: 'too slow',
    speed: (image: string, step: string | null) =>
      step === null ? `${image} ms per image` : `${image} ms per image, ${step} ms per training step`,
    difference: (value: string) => `largest difference ${value}`,
    noNumber: 'gives values that are not numbers',
    names: { cpu: 'CPU', webgpu: 'WebGPU', cuda: 'CUDA (NVIDIA)', dml: 'DirectML', coreml: 'CoreML' } as Readonly<
      Record<string, string>
    >,
  },
  {
    title: 'Recheneinheiten dieses Rechners',
    untested: 'Noch nicht getestet. Jede wird mit der CPU verglichen, bevor sie auf diesem Modell rechnet.',
    test: 'Jetzt testen',
    chosen: 'in Gebrauch',
    right: 'stimmt mit der CPU überein',
    wrong: 'ausgeschlossen',
    absent: 'nicht verfügbar',
    slow: 'zu langsam',
    speed: (image, step) =>
      step === null ? `${image} ms je Bild` : `${image} ms je Bild, ${step} ms je Trainingsschritt`,
    difference: (value) => `größte Abweichung ${value}`,
    noNumber: 'liefert Werte, die keine Zahlen sind',
    names: { cpu: 'CPU', webgpu: 'WebGPU', cuda: 'CUDA (NVIDIA)', dml: 'DirectML', coreml: 'CoreML' },
  },
);
