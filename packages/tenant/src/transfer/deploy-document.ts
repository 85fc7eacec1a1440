/** A record in the deploy tool's own words: those of the Management API, with names in place of ids where a person reads them. */
export type DeployRecord = Readonly<Record<string, unknown>>;

/** What auth0-deploy-cli exports and imports, as far as the tenant knows it. Other kinds stand beside under their own names. */
export interface DeployDocument {
  readonly tenant?: DeployRecord | undefined;
  readonly clients?: readonly DeployRecord[] | undefined;
  readonly resourceServers?: readonly DeployRecord[] | undefined;
  /** `client_id` is the name of the client, or its id. */
  readonly clientGrants?: readonly DeployRecord[] | undefined;
  readonly organizations?: readonly DeployRecord[] | undefined;
  readonly [kind: string]: unknown;
}

/** The kinds that the tenant has, each with the folder that the tool's directory layout keeps it in. */
export const deployFolders = {
  clients: 'clients',
  resourceServers: 'resource-servers',
  clientGrants: 'grants',
  organizations: 'organizations',
} as const;

/** Kinds that are lists of records. */
export type ListedKind = keyof typeof deployFolders;

/** Names of {@link deployFolders}, in the order in which they can be imported. */
export const listedKinds: readonly ListedKind[] = ['resourceServers', 'organizations', 'clients', 'clientGrants'];
