import { Page, Pending, Tabs } from '../page.tsx';
import { hrefOf, place } from '../route.ts';
import { useRecord } from '../use-record.ts';
import { ApplicationApisTab } from './application-apis-tab.tsx';
import { readApplication } from './application-keys.ts';
import { ApplicationSettingsTab } from './application-settings-tab.tsx';
import { typeTitleOf } from './application-type.ts';
import { CredentialsTab } from './credentials-tab.tsx';

const tabs = [
  { id: 'settings', title: 'Settings' },
  { id: 'credentials', title: 'Credentials' },
  { id: 'apis', title: 'APIs' },
];

/** One application, in tabs. Its secret is not among what is read. */
export function ApplicationPage({ id }: { id: string }) {
  const { value, problem, reload, replace } = useRecord(hrefOf('applications', id), () => readApplication(id));
  if (value === undefined) {
    return (
      <Page title="Application">
        <Pending problem={problem} onRetry={reload} />
      </Page>
    );
  }
  const tab = place.value[2] ?? 'settings';
  return (
    <Page title={value.name ?? id}>
      <p class="quiet">
        {typeTitleOf(value)} · Client ID <code>{id}</code>
      </p>
      <Tabs of={['applications', id]} tabs={tabs} />
      {tab === 'settings' && <ApplicationSettingsTab application={value} onChange={replace} />}
      {tab === 'credentials' && <CredentialsTab application={value} onChange={replace} />}
      {tab === 'apis' && <ApplicationApisTab application={value} />}
      {!tabs.some(({ id: known }) => known === tab) && (
        <p>
          Nothing here: there is no such tab. <a href={hrefOf('applications', id)}>Settings</a>
        </p>
      )}
    </Page>
  );
}
