/** How a grant lets tokens be bound to an organization. */
export type OrganizationUsage = 'deny' | 'allow' | 'require';

/**
 * The right of an application, or of every third-party application, to tokens for an API. Points at the API by id, so that the tenant's
 * domain may change.
 */
export interface ClientGrant {
  readonly id: string;
  /** Undefined where the grant is the default of a group: see `defaultFor`. */
  readonly clientId: string | undefined;
  readonly defaultFor: 'third_party_clients' | undefined;
  readonly resourceServerId: string;
  readonly scope: readonly string[];
  /** Every scope that the API has or will have; `scope` does not count then. */
  readonly allowAllScopes: boolean;
  readonly subjectType: 'client' | 'user';
  /** Undefined means deny, and is not shown. */
  readonly organizationUsage: OrganizationUsage | undefined;
  readonly allowAnyOrganization: boolean | undefined;
  readonly authorizationDetailsTypes: readonly string[] | undefined;
  /** Made by the system: neither changed nor deleted. */
  readonly isSystem: boolean;
}

/** A grant of `scope` to an application, for tokens of its own, with nothing said of organizations. */
export function newClientGrant(
  grant: Pick<ClientGrant, 'id' | 'resourceServerId' | 'scope'> & Partial<ClientGrant> & { readonly clientId: string },
): ClientGrant {
  return {
    defaultFor: undefined,
    allowAllScopes: false,
    subjectType: 'client',
    organizationUsage: undefined,
    allowAnyOrganization: undefined,
    authorizationDetailsTypes: undefined,
    isSystem: false,
    ...grant,
  };
}
