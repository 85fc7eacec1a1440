/** Properties of an organization by their Management API names; what is not named here is kept and shown as it was given. */
export interface OrganizationProperties {
  readonly display_name?: string | undefined;
  readonly branding?: Readonly<Record<string, unknown>> | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly token_quota?: unknown;
  readonly [property: string]: unknown;
}

/** A customer of the tenant's owner, as far as tokens can be bound to it. */
export interface Organization {
  /** `org_` and 16 characters. */
  readonly id: string;
  /** Unique. */
  readonly name: string;
  readonly properties: OrganizationProperties;
}

/** That a client grant may be used for an organization. */
export interface OrganizationGrant {
  readonly organizationId: string;
  readonly clientGrantId: string;
}
