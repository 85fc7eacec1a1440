import type { ShownClient, ShownLogEntry, ShownTenantSettings, TokenQuota } from '@evertoken/tenant/contract';
import { useState } from 'preact/hooks';
import { applicationPage, forgetApplications, type ListedApplication } from '../applications/application-index.ts';
import { dateWords } from '../date-words.ts';
import { callApi, queryOf } from '../management/management-api.ts';
import { tell } from '../management/notice.tsx';
import { useAnswer } from '../management/use-answer.ts';
import { Page, Pager, Pending } from '../page.tsx';
import { hrefOf } from '../route.ts';
import { usePages } from '../use-pages.ts';
import { QuotaDialog, QuotaForm, quotaText } from './quota-form.tsx';

const pageSize = 25;

/** How many tokens may be issued: of the tenant for all, of each application, and what was used of them. */
export function QuotasPage() {
  return (
    <Page title="Quotas">
      <TenantQuotas />
      <ApplicationQuotas />
      <QuotaWarnings />
    </Page>
  );
}

function TenantQuotas() {
  const { value, problem, reload, replace } = useAnswer('tenant settings', defaultQuotas);
  if (value === undefined) return <Pending problem={problem} onRetry={reload} />;
  const quotas = value.default_token_quota ?? {};
  const save = async (owner: 'clients' | 'organizations', quota: TokenQuota | null): Promise<void> => {
    // Of this moment: the two are written together, and someone may have changed the other since the page was opened.
    const { default_token_quota: present } = await defaultQuotas();
    const { [owner]: _replaced, ...others } = present ?? {};
    const next = { ...others, ...(quota !== null && { [owner]: quota }) };
    const isNone = Object.keys(next).length === 0;
    replace(await callApi<ShownTenantSettings>('PATCH', '/tenants/settings', { default_token_quota: isNone ? null : next }));
    tell('The quota is saved.');
  };
  return (
    <section aria-labelledby="default-quotas">
      <h2 id="default-quotas">For those without a quota of their own</h2>
      <h3>Each application</h3>
      <QuotaForm quota={quotas.clients} onSave={(quota) => save('clients', quota)} />
      <h3>Each organization</h3>
      <QuotaForm quota={quotas.organizations} onSave={(quota) => save('organizations', quota)} />
    </section>
  );
}

async function defaultQuotas(): Promise<ShownTenantSettings> {
  return await callApi<ShownTenantSettings>('GET', '/tenants/settings?fields=default_token_quota&include_fields=true');
}

function ApplicationQuotas() {
  const [editing, setEditing] = useState<ListedApplication | undefined>();
  const pages = usePages('quotas', pageSize, (page) => applicationPage(page, pageSize));
  const save = async (id: string, quota: TokenQuota | null): Promise<void> => {
    await callApi<ShownClient>('PATCH', `/clients/${encodeURIComponent(id)}`, { token_quota: quota });
    forgetApplications();
    tell('The quota of the application is saved.');
    pages.reload();
  };
  return (
    <section aria-labelledby="application-quotas">
      <h2 id="application-quotas">Applications</h2>
      {pages.shown === undefined ? (
        <Pending problem={pages.problem} onRetry={pages.reload} />
      ) : (
        <>
          <table class="list">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Quota</th>
                <th scope="col">
                  <span class="heard">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {pages.shown.clients.map((application) => (
                <tr key={application.client_id}>
                  <th scope="row">
                    <a href={hrefOf('applications', application.client_id ?? '')}>{application.name}</a>
                  </th>
                  <td data-label="Quota">{quotaText(application.token_quota)}</td>
                  <td>
                    <button
                      type="button"
                      class="small outline secondary"
                      onClick={() => setEditing(application)}
                      aria-label={`Change the quota of ${application.name}`}
                    >
                      Change
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          <Pager pages={pages} />
        </>
      )}
      {editing !== undefined && (
        <QuotaDialog
          owner={editing.name ?? ''}
          quota={editing.token_quota}
          onSave={(quota) => save(editing.client_id ?? '', quota)}
          onClose={() => setEditing(undefined)}
        />
      )}
    </section>
  );
}

interface Warning extends ShownLogEntry {
  readonly details?: { readonly bucket?: string; readonly quota?: number; readonly quota_consumption?: number };
}

/** What the tenant tells of use: an entry in its log at 60, 80 and 100 percent. How a quota stands at any moment, each answer with a token says. */
function QuotaWarnings() {
  const query = queryOf({ page: 0, per_page: 20, sort: 'date:-1', q: 'type:"token_quota_consumption_warning"' });
  const { value, problem, reload } = useAnswer('quota warnings', () => callApi<readonly Warning[]>('GET', `/logs${query}`));
  return (
    <section aria-labelledby="quota-use">
      <h2 id="quota-use">Use</h2>
      <p class="quiet">
        The log tells when 60, 80 and 100 percent are used. How a quota stands now is told in the header{' '}
        <code>Auth0-Client-Quota-Limit</code> of each answer with a token: run the request at the Test tab of an API.
      </p>
      {value === undefined ? (
        <Pending problem={problem} onRetry={reload} />
      ) : value.length === 0 ? (
        <p>No quota has been used to 60 percent.</p>
      ) : (
        <table class="list">
          <thead>
            <tr>
              <th scope="col">Whose</th>
              <th scope="col">What</th>
              <th scope="col">Used</th>
              <th scope="col">Date</th>
            </tr>
          </thead>
          <tbody>
            {value.map(({ log_id: id, date, details, ...entry }) => (
              <tr key={id}>
                <th scope="row">{String(entry['client_name'] || entry['client_id'] || entry['organization_id'] || '–')}</th>
                <td data-label="What">{String(entry['description'] ?? '–')}</td>
                <td data-label="Used">
                  {details?.quota_consumption === undefined ? '–' : `${details.quota_consumption} of ${details.quota ?? '–'}`}
                </td>
                <td data-label="Date">{dateWords(date ?? 0)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
