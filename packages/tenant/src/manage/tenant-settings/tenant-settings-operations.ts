import { mergeTenantSettings, type TenantSettings, tenantSettingsName, tenantSettingsOf } from '../../model/tenant-settings.ts';
import { cutTo } from '../field-selection.ts';
import { type Operation, operation } from '../operation.ts';
import { tenantSettingsPatch, tenantSettingsQuery, tenantSettingsShown } from './tenant-settings-schema.ts';

const tag = 'tenants';
// No scripts run here, but tools read which versions of Node.js could: as recorded from Auth0.
const sandboxes = { sandbox_version: '22', sandbox_versions_available: ['22', '18', '12'] };

function view(settings: TenantSettings): Record<string, unknown> {
  return {
    ...settings,
    sandbox_version: settings['sandbox_version'] ?? sandboxes.sandbox_version,
    sandbox_versions_available: sandboxes.sandbox_versions_available,
  };
}

/** Operations of `/tenants/settings`. */
export const tenantSettingsOperations: readonly Operation[] = [
  operation({
    id: 'get_settings',
    method: 'GET',
    path: '/tenants/settings',
    summary: 'Get tenant settings',
    tag,
    scopes: { anyOf: ['read:tenant_settings'] },
    query: tenantSettingsQuery,
    status: 200,
    response: tenantSettingsShown,
    differs: 'What was never set is absent: there are no defaults of logins. `flags` shows those that were set.',
    handle: async ({ query, parts: { store } }) => ({
      body: cutTo(query, Object.keys(sandboxes))(view(tenantSettingsOf(await store.setting(tenantSettingsName)))),
    }),
  }),
  operation({
    id: 'patch_settings',
    method: 'PATCH',
    path: '/tenants/settings',
    summary: 'Update tenant settings',
    tag,
    scopes: { anyOf: ['update:tenant_settings'] },
    body: tenantSettingsPatch,
    status: 200,
    response: tenantSettingsShown,
    differs: 'Takes every flag; those that concern tokens have an effect.',
    handle: async ({ body, parts: { store } }) => {
      const changed = await store.write(async (transaction) => {
        const merged = mergeTenantSettings(tenantSettingsOf(await transaction.setting(tenantSettingsName)), body);
        await transaction.replace({ settings: { [tenantSettingsName]: JSON.stringify(merged) } });
        return merged;
      });
      return { body: view(changed) };
    },
  }),
];
