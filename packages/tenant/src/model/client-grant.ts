/** The right of an application to tokens for an API. Points at the API by id, so that the tenant's domain may change. */
export interface ClientGrant {
  readonly id: string;
  readonly clientId: string;
  readonly resourceServerId: string;
  readonly scope: readonly string[];
  readonly subjectType: 'client';
}
