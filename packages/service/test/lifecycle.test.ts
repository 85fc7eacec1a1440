import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
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

  it('leaves no rejection unhandled where what is added after the stop cannot be closed, and names it at later stops', async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', note);
    onTestFinished(() => void process.off('unhandledRejection', note));
    const lifecycle = new Lifecycle();
    lifecycle.onStop('early', () => Promise.reject(new Error('gone')));
    await expect(lifecycle.stop()).rejects.toThrow('Closing early failed: gone');
    lifecycle.onStop('late', () => Promise.reject(new Error('stuck')));
    // Node tells of unhandled rejections when the turn ends.
    await nextTurn();
    await nextTurn();
    expect(unhandled).toEqual([]);
    await expect(lifecycle.stop()).rejects.toThrow('Closing early failed: gone; Closing late failed: stuck');
  });
});
