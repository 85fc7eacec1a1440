import type { AgentStanding, StatusUpdate, TokenStanding } from '@evertoken/agent/contract';
import { effect } from '@preact/signals';
import { describe, expect, it } from 'vitest';
import { makeStatusStore } from './status-store.ts';

const aToken = (name: string, mints: number) => ({ name, mints }) as TokenStanding;
const update = (parts: Partial<StatusUpdate>): StatusUpdate => ({ id: 'a-1', isWhole: false, now: 0, ...parts });
const agentWith = (...tokens: string[]) => ({ tokens, apps: [], issuers: [] }) as unknown as AgentStanding;

describe('what the page knows', () => {
  it('is in the order of the agent, and nothing that the agent has no more', () => {
    const store = makeStatusStore();
    store.take(update({ isWhole: true, agent: agentWith('orders', 'reports'), tokens: [aToken('reports', 1), aToken('orders', 1)] }));
    const names = () => store.tokens.value.map(({ value }) => value.name);
    expect(names()).toEqual(['orders', 'reports']);
    store.take(update({ agent: agentWith('reports') }));
    expect(names()).toEqual(['reports']);
  });

  it('leaves alone what has not changed', () => {
    const store = makeStatusStore();
    store.take(update({ agent: agentWith('orders', 'reports'), tokens: [aToken('orders', 1), aToken('reports', 1)] }));
    const seen: string[] = [];
    const end = effect(() => void seen.push(`list of ${store.tokens.value.length}`));
    for (const token of store.tokens.value) effect(() => void seen.push(`${token.value.name} ${token.value.mints}`));
    seen.length = 0;
    store.take(update({ tokens: [aToken('orders', 2)] }));
    expect(seen).toEqual(['orders 2']);
    end();
  });
});
