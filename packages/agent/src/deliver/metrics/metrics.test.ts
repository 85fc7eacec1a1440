import { TokenKeeper } from '@evertoken/client';
import { expect, it, onTestFinished } from 'vitest';
import type { TokenBook } from '../../tokens/token-book.ts';
import { Metrics } from './metrics.ts';

it('metrics are written once for all who ask in the same moment, and anew for whoever asks later', async () => {
  const keeper = new TokenKeeper();
  onTestFinished(() => keeper.close());
  let looks = 0;
  const book = {
    keeper,
    shared: undefined,
    get tokens() {
      looks += 1;
      return [];
    },
  };
  const upkeep = { config: () => undefined, tokenFiles: () => [], auditLines: () => undefined };
  const metrics = new Metrics(book as unknown as TokenBook, upkeep, '1.2.3');
  const [first] = await Promise.all(Array.from({ length: 100 }, () => metrics.read()));
  const once = looks;
  expect(first?.text).toContain('evertoken_build_info{version="1.2.3"} 1');
  metrics.countAnswer('health', 200);
  expect((await metrics.read()).text).toContain('evertoken_answers_total{door="health",status="200"} 1');
  expect([once > 0, looks]).toEqual([true, 2 * once]);
});
