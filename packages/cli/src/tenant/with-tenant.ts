import { openTenantOperations, type TenantOperations } from '@evertoken/tenant';
import type { Terminal } from '../terminal.ts';
import { type TenantPlaceOptions, tenantPlaceOf } from './tenant-place.ts';

/** Which tenant, and what it is called by those who use it. */
export interface TenantOptions extends TenantPlaceOptions {
  domain?: string;
}

/** Runs `act` on the tenant that is meant, whether it runs or not, and closes its store. Makes none. */
export async function withTenant<T>(
  options: TenantOptions,
  terminal: Terminal,
  act: (operations: TenantOperations) => Promise<T>,
): Promise<T> {
  const place = await tenantPlaceOf(options, terminal, { mustExist: true });
  const operations = await openTenantOperations({ ...place, domain: options.domain });
  try {
    return await act(operations);
  } finally {
    await operations.close();
  }
}
