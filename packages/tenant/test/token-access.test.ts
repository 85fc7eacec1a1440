import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { newClientGrant } from '../src/model/client-grant.ts';
import type { Organization } from '../src/model/organization.ts';
import { insert, type RunningTenant, runningTenant } from './running-tenant.ts';
import { audience, type Parties, parties, refusal, tenantWith } from './token-parties.ts';

type Given = Parameters<typeof parties>[0];
const denied = (error_description: string, status = 403, error = 'access_denied'): object => ({
  status,
  body: { error, error_description },
});
const claimsOf = async (response: Response): Promise<ReturnType<typeof decodeJwt>> => {
  expect(response.status).toBe(200);
  return decodeJwt(((await response.json()) as { access_token: string }).access_token);
};

const ours: Organization = { id: 'org_ours000000000000', name: 'ours', properties: {} };
const theirs: Organization = { id: 'org_theirs0000000000', name: 'theirs', properties: {} };
const notAllowed = denied('parameter organization is not allowed for this client', 400, 'invalid_request');
const required = denied('parameter organization is required for this client', 400, 'invalid_request');

/** A grant that is associated with `ours` alone. */
function withOrganizations(given: NonNullable<Given>): Given {
  return {
    ...given,
    records: ({ grantId }) => ({
      organizations: [ours, theirs],
      organizationGrants: [{ organizationId: ours.id, clientGrantId: grantId }],
    }),
  };
}

describe('a token for an organization', () => {
  it.each([undefined, 'deny'] as const)('is refused where the grant says %s, and the token has none', async (organizationUsage) => {
    const { ask } = await tenantWith(withOrganizations({ grant: { organizationUsage } }));
    expect(await refusal(await ask({ organization: ours.id }))).toEqual(notAllowed);
    expect(await claimsOf(await ask())).not.toHaveProperty('org_id');
  });

  it.each(['allow', 'require'] as const)(
    'is issued where the grant says %s and is associated with it, and else refused',
    async (organizationUsage) => {
      const { own, ask } = await tenantWith(withOrganizations({ grant: { organizationUsage } }));
      const claims = await claimsOf(await ask({ organization: ours.id }));
      expect(claims).toMatchObject({ org_id: ours.id });
      expect(claims).not.toHaveProperty('org_name');
      for (const organization of [theirs.id, 'org_unknown', ours.name]) {
        expect(await refusal(await ask({ organization }))).toEqual(
          denied(`Client "${own.clientId}" is not authorized to access organization "${organization}".`),
        );
      }
    },
  );

  it('is not needed where the grant allows it, also with a default organization', async () => {
    const application = { default_organization: { organization_id: ours.id, flows: ['client_credentials'] } };
    const { ask } = await tenantWith(withOrganizations({ application, grant: { organizationUsage: 'allow' } }));
    expect(await claimsOf(await ask())).not.toHaveProperty('org_id');
  });

  it('is the default one where the grant requires it and the request names none', async () => {
    const application = { default_organization: { organization_id: ours.id, flows: ['client_credentials'] } };
    const { ask } = await tenantWith(withOrganizations({ application, grant: { organizationUsage: 'require' } }));
    expect(await claimsOf(await ask())).toMatchObject({ org_id: ours.id });
  });

  it('is refused where the grant requires it and there is none, or a default for other flows', async () => {
    const { ask } = await tenantWith(withOrganizations({ grant: { organizationUsage: 'require' } }));
    expect(await refusal(await ask())).toEqual(required);
    const application = { default_organization: { organization_id: ours.id, flows: [] } };
    const other = await tenantWith(withOrganizations({ application, grant: { organizationUsage: 'require' } }));
    expect(await refusal(await other.ask())).toEqual(required);
  });

  it('may be any where the grant says so, but not of a third party, and never one that there is not', async () => {
    const grant = { organizationUsage: 'require', allowAnyOrganization: true } as const;
    const { ask } = await tenantWith(withOrganizations({ grant }));
    expect(await claimsOf(await ask({ organization: theirs.id }))).toMatchObject({ org_id: theirs.id });
    expect((await ask({ organization: 'org_unknown' })).status).toBe(403);
    const thirdParty = await tenantWith(withOrganizations({ application: { is_first_party: false }, grant }));
    expect((await thirdParty.ask({ organization: theirs.id })).status).toBe(403);
    expect((await thirdParty.ask({ organization: ours.id })).status).toBe(200);
  });

  it('is known by its name, and tells it, where the tenant says so', async () => {
    const settings = { allow_organization_name_in_authentication_api: true };
    const { ask } = await tenantWith(withOrganizations({ settings, grant: { organizationUsage: 'allow' } }));
    for (const organization of [ours.name, ours.id]) {
      expect(await claimsOf(await ask({ organization }))).toMatchObject({ org_id: ours.id, org_name: 'ours' });
    }
    expect((await ask({ organization: theirs.name })).status).toBe(403);
  });
});

describe('the API of a token', () => {
  it('is the default audience of the tenant where the request names none', async () => {
    const { ask, own } = await tenantWith({ settings: { default_audience: audience } });
    const { audience: _audience, ...unnamed } = own.request;
    const { tenant } = await tenantWith({ settings: { default_audience: '' } });
    expect(await claimsOf(await ask({ audience: '' }))).toMatchObject({ aud: audience });
    expect(await refusal(await tenant.ask({ ...unnamed, ...credentialsOf(tenant) }))).toEqual(
      denied('Non-global clients are not allowed access to APIv1'),
    );
  });

  it('is none where an older tenant is asked for none: the token is opaque and lives a day', async () => {
    const { tenant, ask } = await tenantWith({ settings: { default_audience: audience, flags: { allow_api1_non_global_clients: true } } });
    const response = await ask({ audience: '' });
    const { access_token, ...rest } = (await response.json()) as { access_token: string };
    expect(access_token).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(rest).toEqual({ expires_in: 86_400, token_type: 'Bearer' });
    const call = await tenant.api('/clients', { token: access_token });
    expect(call.status).toBe(400);
    expect(await claimsOf(await ask())).toMatchObject({ aud: audience });
  });

  it('may be named as resource where the tenant says so; audience comes first, and there may be one alone', async () => {
    const { ask, tenant, own } = await tenantWith({ settings: { resource_parameter_profile: 'compatibility' } });
    expect(await claimsOf(await ask({ audience: '', resource: audience }))).toMatchObject({ aud: audience });
    expect(await claimsOf(await ask({ resource: 'https://other.example/' }))).toMatchObject({ aud: audience });
    expect(await refusal(await ask({ audience: '', resource: 'https://other.example/' }))).toEqual(
      denied('Service not enabled within domain: https://other.example/'),
    );
    const { audience: _audience, ...unnamed } = own.request;
    const twice = `${new URLSearchParams(unnamed).toString()}&resource=a&resource=b`;
    expect(await refusal(await tenant.ask(twice))).toMatchObject({ status: 400, body: { error: 'invalid_target' } });
  });

  it('is not named by resource else', async () => {
    const { ask } = await tenantWith({});
    expect(await refusal(await ask({ audience: '', resource: audience }))).toEqual(
      denied('Non-global clients are not allowed access to APIv1'),
    );
  });

  it('may be closed to machines, whatever is granted', async () => {
    const policy = { client: { policy: 'deny_all' }, user: { policy: 'allow_all' } } as const;
    const { own, ask } = await tenantWith({ api: { subject_type_authorization: policy } });
    expect(await refusal(await ask())).toEqual(denied(noGrant(own)));
  });
});

describe('a client grant', () => {
  it('of all third parties is good for each of them without one of its own, and for no first party', async () => {
    const third = {
      application: { is_first_party: false },
      grant: { clientId: undefined, defaultFor: 'third_party_clients', scope: ['read:things'] },
    } as const;
    expect(await claimsOf(await (await tenantWith(third)).ask())).toMatchObject({ scope: 'read:things' });
    const { own, ask } = await tenantWith({ ...third, application: {} });
    expect(await refusal(await ask())).toEqual(denied(noGrant(own)));
    const both = await tenantWith({
      application: { is_first_party: false },
      grant: { scope: ['write:things'] },
      records: ({ apiId }) => ({
        clientGrants: [
          {
            ...newClientGrant({ id: 'cgr_all', clientId: 'x', resourceServerId: apiId, scope: [] }),
            clientId: undefined,
            defaultFor: 'third_party_clients',
          },
        ],
      }),
    });
    expect(await claimsOf(await both.ask())).toMatchObject({ scope: 'write:things' });
  });

  it('of a system API is good for no third party, also where it was made before the client became one', async () => {
    const own = parties({ application: { is_first_party: false } });
    const tenant = await runningTenant({
      prepare: async (store, seeded) => {
        await own.prepare(store, seeded);
        const system = (await store.issuing()).resourceServers.find(({ isSystem }) => isSystem)!;
        const grant = newClientGrant({ id: 'cgr_system', clientId: own.clientId, resourceServerId: system.id, scope: ['read:clients'] });
        await insert(store, { clientGrants: [grant] });
      },
    });
    expect((await tenant.ask(own.request)).status).toBe(200);
    const management = `https://${tenant.domain}/api/v2/`;
    expect(await refusal(await tenant.ask({ ...own.request, audience: management }))).toMatchObject({ status: 403 });
  });

  it('gives each scope once, also where it has it twice', async () => {
    const { ask } = await tenantWith({ grant: { scope: ['read:things', 'read:things'] } });
    for (const more of [{}, { scope: 'read:things' }]) expect(await claimsOf(await ask(more))).toMatchObject({ scope: 'read:things' });
  });

  it('that a strict third party lacks is unauthorized_client', async () => {
    const { own, ask } = await tenantWith({ application: { is_first_party: false, third_party_security_mode: 'strict' }, grant: null });
    expect(await refusal(await ask())).toEqual(denied(noGrant(own), 403, 'unauthorized_client'));
  });

  it('of all scopes gives every scope of the API, and none that it has not', async () => {
    const { ask } = await tenantWith({ grant: { allowAllScopes: true, scope: [] } });
    expect(await claimsOf(await ask())).toMatchObject({ scope: 'read:things write:things' });
    expect(await claimsOf(await ask({ scope: 'write:things' }))).toMatchObject({ scope: 'write:things' });
    expect(await refusal(await ask({ scope: 'no:things other:things' }))).toEqual(
      denied('Client has not been granted scopes: no:things, other:things'),
    );
  });

  it('for users gives a machine nothing', async () => {
    const { own, ask } = await tenantWith({ grant: { subjectType: 'user' } });
    expect(await refusal(await ask())).toEqual(denied(noGrant(own)));
  });
});

const noGrant = ({ clientId }: Parties): string =>
  `Client "${clientId}" is not authorized to access resource server "${audience}". You need to create a "client-grant" associated to this API.`;

const credentialsOf = ({ application }: RunningTenant): Record<string, string> => ({
  client_id: application.clientId,
  client_secret: application.clientSecret,
});

describe('a public client', () => {
  it('gets no token, whatever its grant types say and though it knows a secret', async () => {
    const { ask } = await tenantWith({ application: { token_endpoint_auth_method: 'none' } });
    expect(await refusal(await ask())).toMatchObject({ status: 403, body: { error: 'unauthorized_client' } });
    // Else it would.
    const other = await tenantWith({ application: { token_endpoint_auth_method: 'client_secret_post' } });
    expect((await other.ask()).status).toBe(200);
  });
});
