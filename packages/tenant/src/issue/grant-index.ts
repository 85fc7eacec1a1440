import type { ClientGrant } from '../model/client-grant.ts';
import type { OrganizationGrant } from '../model/organization.ts';

// The holder of the grants for all third-party applications. No client id has a space in it.
const thirdParties = 'third parties';

/** The client grants that give tokens to machines, by the application that holds them. */
export class GrantIndex {
  readonly #byHolder = new Map<string, readonly ClientGrant[]>();
  readonly #holders = new Map<string, string>();
  readonly #associations = new Set<string>();

  /** Takes up a new or changed grant. A grant for users is left out: no token of a machine comes from it. */
  put(grant: ClientGrant): void {
    this.remove(grant.id);
    if (grant.subjectType !== 'client') return;
    const holder = grant.clientId ?? thirdParties;
    this.#holders.set(grant.id, holder);
    this.#byHolder.set(holder, [...(this.#byHolder.get(holder) ?? []), grant]);
  }

  remove(id: string): void {
    const holder = this.#holders.get(id);
    if (holder === undefined) return;
    this.#holders.delete(id);
    const others = (this.#byHolder.get(holder) ?? []).filter((grant) => grant.id !== id);
    if (others.length === 0) this.#byHolder.delete(holder);
    else this.#byHolder.set(holder, others);
  }

  associate(association: OrganizationGrant): void {
    this.#associations.add(nameOf(association));
  }

  dissociate(association: OrganizationGrant): void {
    this.#associations.delete(nameOf(association));
  }

  /** Whether the grant is associated with the organization. */
  isAssociated(association: OrganizationGrant): boolean {
    return this.#associations.has(nameOf(association));
  }

  /** The grant of an application for an API. A third-party application without a grant of its own has the one for all third parties. */
  grantOf(application: { clientId: string; isThirdParty: boolean }, resourceServerId: string): ClientGrant | undefined {
    const own = this.#ofHolder(application.clientId, resourceServerId);
    return own ?? (application.isThirdParty ? this.#ofHolder(thirdParties, resourceServerId) : undefined);
  }

  #ofHolder(holder: string, resourceServerId: string): ClientGrant | undefined {
    return this.#byHolder.get(holder)?.find((grant) => grant.resourceServerId === resourceServerId);
  }
}

const nameOf = ({ organizationId, clientGrantId }: OrganizationGrant): string => `${organizationId} ${clientGrantId}`;
