// `npm run test:packages -- 22 24 26`: packs, installs and uses the public packages on other versions of Node, fetched as packages.
import { runOnOtherNodes } from './other-node.mjs';
import { say, setUp } from './set-up.mjs';

await setUp(say, { isForTests: true });
runOnOtherNodes(process.argv.slice(2), 'the packed packages', 'node node_modules/vitest/vitest.mjs run --project e2e e2e/packages.test.ts');
