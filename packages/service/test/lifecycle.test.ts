import { describe, expect, it } from 'vitest';
import { Lifecycle } from '../src/index.ts';

describe('Lifecycle', () => {
  it('closes the youngest first, each after the one before, each once', async () => {
    const lifecycle = new Lifecycle();
    const log: string[] = [];
    for (const name of ['store', 'listener']) {
      lifecycle.onStop(name, async () => {
        log.push(`${name} closes`);
        await Promise.resolve();
        log.push(`${name} closed`);
      });
    }
    await Promise.all([lifecycle.stop(), lifecycle.stop()]);
    expect(log).toEqual(['listener closes', 'listener closed', 'store closes', 'store closed']);
  });

  it('closes all parts even if some fail, and then names those', async () => {
    const lifecycle = new Lifecycle();
    let isClosed = false;
    lifecycle.onStop('store', () => {
      isClosed = true;
    });
    lifecycle.onStop('log', () => {
      throw new Error('disk full');
    });
    lifecycle.onStop('listener', () => Promise.reject(new Error('gone')));
    const error: unknown = await lifecycle.stop().catch((error: unknown) => error);
    expect(isClosed).toBe(true);
    expect(error).toBeInstanceOf(AggregateError);
    expect((error as AggregateError).errors.map(String)).toEqual([
      'Error: Closing listener failed: gone',
      'Error: Closing log failed: disk full',
    ]);
  });

  it('tells those who still start that it stops', async () => {
    const lifecycle = new Lifecycle();
    expect(lifecycle.signal.aborted).toBe(false);
    await lifecycle.stop();
    expect(lifecycle.signal.aborted).toBe(true);
  });

  it('closes at once what is added after the stop', async () => {
    const lifecycle = new Lifecycle();
    await lifecycle.stop();
    await new Promise<void>((resolve) => lifecycle.onStop('late', resolve));
    await lifecycle.stop();
  });
});
