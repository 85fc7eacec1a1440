import { Writable } from 'node:stream';
import { createLog } from '@evertoken/service';
import { expect, it } from 'vitest';
import type { AgentConfig } from '../config/agent-config.ts';
import { applyConfig, type LiveParts } from './apply-config.ts';

/** Parts that take everything, but for the ones given. */
function partsWith(parts: object): LiveParts {
  const change = { opened: ['http://127.0.0.1:1'], closed: [], open: async () => undefined, commit: () => undefined };
  const all = {
    apps: { replace: () => undefined },
    book: { replace: () => undefined },
    files: { checkNew: async () => undefined, replace: async () => [] },
    doors: { reconfigure: async () => undefined },
    certificate: { switchTo: async () => ({ isNew: true, keep: () => undefined, goBack: () => undefined }) },
    listeners: { addresses: [], change: () => change, renewCertificates: async () => undefined },
    log: createLog({ program: 'agent', pretty: false, level: 'fatal', destination: new Writable() }),
    appsOf: async () => [],
    ...parts,
  };
  return all as unknown as LiveParts;
}

const config = { files: [], tokens: [] } as unknown as AgentConfig;

it('a config that has taken effect is not refused for what fails afterwards: the other parts take it, and the answer tells what failed', async () => {
  const took: string[] = [];
  const parts = partsWith({
    doors: { reconfigure: () => Promise.reject(new Error('a door is stuck')) },
    files: {
      checkNew: async () => undefined,
      replace: async () => {
        took.push('files');
        return ['The token file /a has no folder'];
      },
    },
  });
  expect(await applyConfig(config, parts)).toEqual({
    changes: ['listening on http://127.0.0.1:1'],
    notInEffect: ['not all doors go by the new config (a door is stuck)', 'The token file /a has no folder'],
  });
  expect(took).toEqual(['files']);
});

it('what cannot be had refuses a config before it has taken effect', async () => {
  const took: string[] = [];
  const parts = partsWith({ appsOf: () => Promise.reject(new Error('no key')), apps: { replace: () => took.push('apps') } });
  await expect(applyConfig(config, parts)).rejects.toThrow('no key');
  expect(took).toEqual([]);
});
