/**
 * The layers of docs/development.md as rules. Unit tests are exempt: they may read files and run other rooms to prove
 * their own.
 */
const TESTS = '[.]test[.]ts$';

/** Each room and the rooms that it may import, itself aside. */
const ROOMS = {
  'preload/contract': [],
  'preload/preload.ts': ['preload/contract'],
  renderer: ['preload/contract'],
  'main/fault.ts': ['preload/contract'],
  'main/method': ['main/fault.ts'],
  'main/phantoms': ['main/fault.ts', 'main/method'],
  'main/modelpack': ['main/fault.ts', 'main/method'],
  'main/imaging': ['main/fault.ts', 'main/method'],
  'main/process': ['preload/contract', 'main/fault.ts'],
  'main/seal': ['main/fault.ts'],
  'main/engine': ['preload/contract', 'main/fault.ts', 'main/process', 'main/seal', 'main/method', 'main/modelpack'],
  // It runs in the main process beside the engine, which it knows by its tasks alone.
  'main/supervision': [
    'preload/contract',
    'main/fault.ts',
    'main/process',
    'main/engine/tasks.ts',
    'main/engine/out-of-memory.ts',
    'main/modelpack',
  ],
  'main/reader': ['preload/contract', 'main/fault.ts', 'main/process', 'main/seal', 'main/method', 'main/imaging'],
  'main/network': ['preload/contract', 'main/fault.ts', 'main/process', 'main/seal', 'main/imaging'],
  'main/store': ['preload/contract', 'main/fault.ts', 'main/seal'],
  'main/results': ['preload/contract', 'main/imaging'],
  'main/services': [
    'preload/contract',
    'main/fault.ts',
    'main/method',
    'main/phantoms',
    'main/modelpack',
    'main/imaging',
    'main/process',
    'main/seal',
    'main/engine',
    'main/supervision',
    'main/reader',
    // Its tasks alone: what opens sockets runs in the network process.
    'main/network/tasks.ts',
    'main/store',
    'main/results',
  ],
  'main/bench': [
    'preload/contract',
    'main/fault.ts',
    'main/method',
    'main/phantoms',
    'main/modelpack',
    'main/imaging',
    'main/process',
    'main/engine',
    'main/store',
    'main/services',
  ],
  'main/cli': ['preload/contract', 'main/fault.ts', 'main/services', 'main/bench'],
  // main/app starts the child processes, so it knows their tasks as well.
  'main/app': [
    'preload/contract',
    'main/fault.ts',
    'main/process',
    'main/seal',
    'main/engine/tasks.ts',
    // What providers lack and have on this machine, without onnxruntime.
    'main/engine/provider-problems.ts',
    'main/engine/system-libraries.ts',
    'main/supervision',
    'main/reader/tasks.ts',
    'main/reader/reader-limits.ts',
    'main/network/tasks.ts',
    'main/services',
    'main/cli',
    // What is measured in the window, as types alone.
    'main/bench/suite.ts',
  ],
  'main/runtime': [],
};

/** Packages that belong to certain rooms alone. */
const OWNED_PACKAGES = {
  electron: ['preload/preload.ts', 'main/app'],
  'better-sqlite3-multiple-ciphers': ['main/store'],
  'onnxruntime-node': ['main/engine'],
  '@cornerstonejs': ['renderer'],
  svelte: ['renderer'],
  'dcmjs-dimse': ['main/network'],
  '@fastify/busboy': ['main/network'],
};

/** Rooms without file system, network or any other door: pure computation. */
const PURE_ROOMS = ['preload/contract', 'main/method', 'main/phantoms'];

const under = (paths) => `^(${paths.map((path) => path.replaceAll('.', '[.]')).join('|')})(/|$)`;

export default {
  forbidden: [
    ...Object.entries(ROOMS).map(([room, allowed]) => ({
      name: `layer: ${room}`,
      comment: `${room} may import ${allowed.join(', ') || 'no other room'}.`,
      severity: 'error',
      from: { path: under([room]), pathNot: TESTS },
      to: { path: '^(main|preload|renderer|tests|models)/', pathNot: under([room, ...allowed]) },
    })),
    ...Object.entries(OWNED_PACKAGES).map(([name, rooms]) => ({
      name: `owner: ${name}`,
      comment: `Only ${rooms.join(' and ')} may import ${name}.`,
      severity: 'error',
      from: { path: '^(main|preload|renderer)/', pathNot: [under(rooms), TESTS] },
      to: { path: `node_modules/${name}/` },
    })),
    {
      name: 'pure',
      comment:
        'These rooms compute and nothing else: no built-in module of Node, no package but schemas and encodings.',
      severity: 'error',
      from: { path: under(PURE_ROOMS), pathNot: TESTS },
      to: {
        dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-no-pkg'],
        pathNot: 'node_modules/(zod|onnx-buf|@bufbuild/protobuf)/',
      },
    },
    {
      name: 'no sockets',
      comment: 'The network process alone opens sockets.',
      severity: 'error',
      from: { path: '^(main|preload|renderer)/', pathNot: ['^main/(network|runtime)/', TESTS] },
      to: { dependencyTypes: ['core'], path: '^(net|tls|http|https|http2|dgram|dns|inspector)(/|$)' },
    },
    {
      name: 'window without Node',
      comment: 'The window runs in a sandbox: it has no built-in modules of Node.',
      severity: 'error',
      from: { path: '^renderer/', pathNot: TESTS },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'product without tests',
      severity: 'error',
      from: { path: '^(main|preload|renderer)/', pathNot: TESTS },
      to: { path: ['^tests/', TESTS] },
    },
    {
      name: 'every file has a room',
      severity: 'error',
      from: {},
      to: { path: '^(main|preload)/', pathNot: under(Object.keys(ROOMS)) },
    },
    {
      name: 'no circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '[?]raw$|[?]url$|[?]worker$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|release|node_modules/[.])' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'svelte', 'browser', 'default', 'types'],
    },
  },
};
