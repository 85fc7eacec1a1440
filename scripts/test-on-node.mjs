// `npm run test:on-node -- 22 24 26`: the client's tests on other versions of Node, fetched as packages where they are not at hand.
import { runOnOtherNodes } from './other-node.mjs';
import { say, setUp } from './set-up.mjs';

await setUp(say, { isForTests: true });
runOnOtherNodes(
  process.argv.slice(2),
  "the client's tests",
  'node node_modules/vitest/vitest.mjs run --project packages --project simulation packages/client',
);
