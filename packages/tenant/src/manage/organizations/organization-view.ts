import type { Organization } from '../../model/organization.ts';

/** An organization as the Management API shows it. */
export function organizationView({ id, name, properties }: Organization): Record<string, unknown> {
  return { id, name, ...properties };
}
