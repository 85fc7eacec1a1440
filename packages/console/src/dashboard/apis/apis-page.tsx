import { useState } from 'preact/hooks';
import { CopyButton } from '../../parts/copy-button.tsx';
import { Page, Pager, Pending } from '../page.tsx';
import { hrefOf } from '../route.ts';
import { usePages } from '../use-pages.ts';
import { apiPage } from './api-list.ts';
import { NewApiDialog } from './new-api-dialog.tsx';

const pageSize = 50;

/** All APIs. */
export function ApisPage() {
  const [isCreating, setCreating] = useState(false);
  const pages = usePages('apis', pageSize, (page) => apiPage(page, pageSize));
  return (
    <Page
      title="APIs"
      actions={
        <button type="button" onClick={() => setCreating(true)}>
          Create API
        </button>
      }
    >
      {pages.shown === undefined ? (
        <Pending problem={pages.problem} onRetry={pages.reload} />
      ) : (
        <>
          <table class="list">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">API Audience</th>
                <th scope="col">Permissions</th>
              </tr>
            </thead>
            <tbody>
              {pages.shown.resource_servers.map(({ id = '', name, identifier = '', scopes = [], is_system: isSystem }) => (
                <tr key={id}>
                  <th scope="row">
                    <a href={hrefOf('apis', id)}>{name ?? identifier}</a>
                    {isSystem === true && <span class="tag">System API</span>}
                  </th>
                  <td data-label="API Audience">
                    <span class="with-buttons">
                      <code>{identifier}</code>
                      <CopyButton label="Copy" text={identifier} what={`the audience of ${name ?? identifier}`} />
                    </span>
                  </td>
                  <td data-label="Permissions">{scopes.length}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <Pager pages={pages} />
        </>
      )}
      {isCreating && <NewApiDialog onClose={() => setCreating(false)} />}
    </Page>
  );
}
