// The layers of ARCHITECTURE.md: imports go down only, and into another package through its name only.
const folderOf = (name) => `^packages/${name}/`;

/** What a package may import of ours; all else of packages/ is forbidden to it. */
const layers = {
  client: [],
  redis: ['client'],
  postgres: ['client'],
  service: [],
  agent: ['client', 'redis', 'postgres', 'service'],
  tenant: ['service'],
  testkit: ['client'],
  console: ['agent', 'tenant'],
  cli: ['client', 'redis', 'postgres', 'service', 'agent', 'tenant', 'console'],
};

/** The rooms of a package, each with the rooms that it may import, beside the files that stand in no room. */
const rooms = {
  client: {
    keep: ['dpop', 'mint', 'policy', 'store', 'use'],
    dpop: ['mint', 'use'],
    use: ['mint'],
    mint: ['policy', 'secrets'],
    policy: [],
    secrets: [],
    store: [],
  },
  agent: {
    control: ['apps', 'config', 'deliver', 'tokens'],
    check: ['apps', 'config', 'deliver', 'tokens'],
    deliver: ['apps', 'config', 'tokens', 'upstream'],
    tokens: ['config', 'upstream'],
    config: ['apps'],
    apps: [],
    upstream: [],
  },
};

/** A rule for each room, and one for all, by which a new room says here what it may import. */
const roomRules = Object.entries(rooms).flatMap(([name, allowed]) => {
  const within = (names) => `${folderOf(name)}src/(${names.join('|')})/`;
  return [
    ...Object.entries(allowed).map(([room, others]) => ({
      name: `room-${name}-${room}`,
      comment: `${room}/ of ${name} may import ${others.length === 0 ? 'no other room' : others.join(', ')}.`,
      severity: 'error',
      from: { path: within([room]), pathNot: '\\.test\\.ts$' },
      to: { path: `${folderOf(name)}src/[^/]+/`, pathNot: within([room, ...others]) },
    })),
    {
      name: `room-${name}-unknown`,
      comment: 'Each room stands in the list of rooms.',
      severity: 'error',
      from: {},
      to: { path: `${folderOf(name)}src/[^/]+/`, pathNot: within(Object.keys(allowed)) },
    },
  ];
});

module.exports = {
  forbidden: [
    ...Object.entries(layers).map(([name, below]) => ({
      name: `layer-${name}`,
      comment: `${name} may import ${below.length === 0 ? 'nothing of ours' : below.join(', ')}.`,
      severity: 'error',
      from: { path: `${folderOf(name)}src/`, pathNot: '\\.test\\.ts$' },
      to: { path: '^(packages|e2e|examples|scripts)/', pathNot: folderOf(`(${[name, ...below].join('|')})`) },
    })),
    ...roomRules,
    {
      name: 'pages-know-contracts',
      comment: 'The pages import of the processes only the types of what these send them: they run in a browser.',
      severity: 'error',
      from: { path: folderOf('console') },
      to: { path: '^packages/(agent|tenant)/', pathNot: '/contract\\.ts$' },
    },
    {
      name: 'pages-import-types',
      comment: 'A contract holds types alone, which leave nothing behind in a page.',
      severity: 'error',
      from: { path: folderOf('console') },
      to: { path: '^packages/(agent|tenant)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'through-the-name',
      comment: 'Another package is imported by its name, never by a path into its folder: its exports are the door.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/', pathNot: '^packages/$1/', dependencyTypes: ['local'] },
    },
    {
      name: 'e2e-through-the-name',
      comment: 'The scenarios use packages as their users do.',
      severity: 'error',
      from: { path: '^e2e/' },
      to: { path: '^packages/', dependencyTypes: ['local'] },
    },
    {
      name: 'no-tests-in-sources',
      comment: 'What ships never imports a test, the testkit or a development dependency.',
      severity: 'error',
      from: { path: '^packages/(?!testkit/)[^/]+/src/', pathNot: '\\.test\\.ts$' },
      to: { path: ['^packages/testkit/', '^packages/[^/]+/test/', '\\.test\\.ts$', '^node_modules/(vitest|fast-check)/'] },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-unresolvable',
      comment: 'An import that resolves to nothing is judged by no rule.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', 'dist'] },
    exclude: { path: ['/dist/', '^coverage/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@evertoken/source', 'import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.cjs', '.json', '.d.ts'],
    },
  },
};
