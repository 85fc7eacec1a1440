import { join } from 'node:path';
import type { StateFolder } from '@evertoken/service';
import { expect, it } from 'vitest';
import { agentAddresses } from './agent-addresses.ts';

const folderAt = (path: string): Pick<StateFolder, 'file'> => ({ file: (...names) => join(path, ...names) });

it('has a socket where its path can be written as an address', () => {
  const web = ['http://127.0.0.1:0', 'https://localhost:0'];
  expect(agentAddresses(folderAt('/srv/it is'), { http: 0, https: 0 })).toEqual(['unix:/srv/it is/agent.sock', ...web]);
  for (const path of ['/srv/what?', '/srv/a?mode=0666', `/srv/${'a'.repeat(100)}`]) {
    expect(agentAddresses(folderAt(path), { http: 0, https: 0 }), path).toEqual(web);
  }
});
