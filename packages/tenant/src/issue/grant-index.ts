import type { ClientGrant } from '../model/client-grant.ts';
import type { OrganizationGrant } from '../model/organization.ts';

// Owner of the grants for all third-party applications; no client id has a space.
const thirdParties = 'third parties';

/** Client grants for tokens of machines, by who holds them. */
export class GrantIndex {
  readonly #byHolder = new Map<string, readonly ClientGrant[]>();
  readonly #holders = new Map<string, string>();
  readonly #associations = new Set<string>();

  /** Takes up a new or changed grant; those for users are of no use here. */
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

  /** Whether a grant may be used for an organization by an association of its own. */
  isAssociated(association: OrganizationGrant): boolean {
    return this.#associations.has(nameOf(association));
  }

  /** The grant of an application for an API; for a third-party application without one, that of all third parties. */
  grantOf(application: { clientId: string; isThirdParty: boolean }, resourceServerId: string): ClientGrant | undefined {
    const own = this.#ofHolder(application.clientId, resourceServerId);
    return own ?? (application.isThirdParty ? this.#ofHolder(thirdParties, resourceServerId) : undefined);
  }

  #ofHolder(holder: string, resourceServerId: string): ClientGrant | undefined {
    return this.#byHolder.get(holder)?.find((grant) => grant.resourceServerId === resourceServerId);
  }
}

const nameOf = ({ organizationId, clientGrantId }: OrganizationGrant): string => `${organizationId} ${clientGrantId}`;
