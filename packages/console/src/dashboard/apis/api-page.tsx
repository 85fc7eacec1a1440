import type { ShownResourceServer } from '@evertoken/tenant/contract';
import { callApi } from '../management/management-api.ts';
import { Page, Pending, Tabs } from '../page.tsx';
import { hrefOf, place } from '../route.ts';
import { useRecord } from '../use-record.ts';
import { ApiApplicationsTab } from './api-applications-tab.tsx';
import { ApiSettingsTab } from './api-settings-tab.tsx';
import { PermissionsTab } from './permissions-tab.tsx';
import { TestTab } from './test-tab.tsx';

const tabs = [
  { id: 'settings', title: 'Settings' },
  { id: 'permissions', title: 'Permissions' },
  { id: 'applications', title: 'Machine to Machine Applications' },
  { id: 'test', title: 'Test' },
];

/** One API, in tabs. */
export function ApiPage({ id }: { id: string }) {
  const { value, problem, reload, replace } = useRecord(hrefOf('apis', id), () =>
    callApi<ShownResourceServer>('GET', `/resource-servers/${encodeURIComponent(id)}`).then(withoutSigningSecret),
  );
  if (value === undefined) {
    return (
      <Page title="API">
        <Pending problem={problem} onRetry={reload} />
      </Page>
    );
  }
  const tab = place.value[2] ?? 'settings';
  const change = (changed: ShownResourceServer): void => replace(withoutSigningSecret(changed));
  return (
    <Page title={value.name ?? value.identifier ?? id}>
      <p class="quiet">
        {value.is_system === true ? 'System API' : 'Custom API'} · Identifier <code>{value.identifier}</code>
      </p>
      <Tabs of={['apis', id]} tabs={tabs} />
      {tab === 'settings' && <ApiSettingsTab api={value} onChange={change} />}
      {tab === 'permissions' && <PermissionsTab api={value} onChange={change} />}
      {tab === 'applications' && <ApiApplicationsTab api={value} />}
      {tab === 'test' && <TestTab api={value} />}
      {!tabs.some(({ id: known }) => known === tab) && (
        <p>
          Nothing here: there is no such tab. <a href={hrefOf('apis', id)}>Settings</a>
        </p>
      )}
    </Page>
  );
}

// It comes with each answer, and is read again where a person wants to see it.
function withoutSigningSecret({ signing_secret: _secret, ...api }: ShownResourceServer): ShownResourceServer {
  return api;
}
