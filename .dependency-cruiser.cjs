// R1: arrows between rooms point downward only, and never in a circle. docs/architecture.md has the picture.
const ROOMS = [
  'services',
  'lib/cli',
  'lib/rpc',
  'lib/agent',
  'lib/restore',
  'lib/location',
  'lib/admin',
  'lib/qrexec',
  'lib/model',
  'lib/storage',
  'lib/hypervisor',
  'lib/qubesdb',
  'lib/archive',
  'lib/policy',
  'lib/base',
];

const upward = ROOMS.map((room, index) => ({
  name: `nothing-above-${room.replace('/', '-')}`,
  severity: 'error',
  // The mains of the programs join everything, the services too.
  from: { path: `^${room}/`, pathNot: '^lib/cli/[^/]+\\.main\\.ts$' },
  to: { path: `^(${[...ROOMS.slice(0, index), 'test', 'bench'].join('|')})/` },
}));

module.exports = {
  forbidden: [
    ...upward,
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'archive-and-policy-know-only-base',
      severity: 'error',
      from: { path: '^lib/(archive|policy)/' },
      to: { path: '^(lib|services)/', pathNot: ['^lib/base/', '^lib/$1/'] },
    },
    {
      name: 'base-knows-nobody',
      severity: 'error',
      from: { path: '^lib/base/' },
      to: { path: '^(lib|services)/', pathNot: '^lib/base/' },
    },
    {
      name: 'no-test-code-in-what-ships',
      severity: 'error',
      from: { path: '^(lib|services)/' },
      to: { path: '^(test|bench)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
