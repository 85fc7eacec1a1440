import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freshFolder } from '@evertoken/testkit';
import { runProgram } from '../src/program.ts';
import { aTerminal } from './scripted-terminal.ts';

/** Clients, an API and a grant, and something that the tenant has not. */
const deployment = `
resourceServers:
  - identifier: https://api.example/
    name: Things
    scopes:
      - value: read:things
clients:
  - name: worker
    app_type: non_interactive
    grant_types: [client_credentials]
    token_endpoint_auth_method: client_secret_post
clientGrants:
  - client_id: worker
    audience: https://api.example/
    scope: [read:things]
rules: []
`;

/** A folder of one test. */
export interface TenantFolder {
  readonly cwd: string;
  /** Runs `evertoken tenant` there. */
  readonly run: (...args: string[]) => Promise<{ code: number; out: string; err: string }>;
}

/** A folder with a document, `tenant.yaml`, in it. */
export async function aTenantFolder(): Promise<TenantFolder> {
  const cwd = await freshFolder();
  await writeFile(join(cwd, 'tenant.yaml'), deployment);
  const run = async (...args: string[]): Promise<{ code: number; out: string; err: string }> => {
    const terminal = aTerminal({ cwd });
    return { code: await runProgram(['tenant', ...args], terminal), ...terminal.printed };
  };
  return { cwd, run };
}
