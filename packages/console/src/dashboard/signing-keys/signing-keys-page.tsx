import type { ShownSigningKey } from '@evertoken/tenant/contract';
import { useRef, useState } from 'preact/hooks';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { CopyButton } from '../../parts/copy-button.tsx';
import { useKeptKeyboard } from '../../parts/use-kept-keyboard.ts';
import { dateWords } from '../date-words.ts';
import { callApi } from '../management/management-api.ts';
import { tell } from '../management/notice.tsx';
import { useAnswer } from '../management/use-answer.ts';
import { Page, Pending } from '../page.tsx';

/** The keys that tokens are signed with: which signs, which comes next, and which no token is taken of any more. */
export function SigningKeysPage() {
  const { value: keys, problem, reload } = useAnswer('signing keys', () => callApi<readonly ShownSigningKey[]>('GET', '/keys/signing'));
  const [isRotating, setRotating] = useState(false);
  const [revoking, setRevoking] = useState<ShownSigningKey | undefined>();
  return (
    <Page
      title="Signing Keys"
      actions={
        <button type="button" onClick={() => setRotating(true)}>
          Rotate Signing Key
        </button>
      }
    >
      <p class="quiet">
        Tokens that were issued keep their key: a rotation ends none of them, and programs find the new key in the JWKS. A key that is
        revoked is taken by nobody any more.
      </p>
      {keys === undefined ? <Pending problem={problem} onRetry={reload} /> : <KeyTable keys={keys} onRevoke={setRevoking} />}
      {isRotating && (
        <ConfirmDialog
          title="Rotate the signing key?"
          action="Rotate"
          onClose={() => setRotating(false)}
          onConfirm={async () => {
            const { kid } = await callApi<{ kid: string }>('POST', '/keys/signing/rotate');
            tell(`The key is rotated: ${kid} signs now.`);
            reload();
          }}
        >
          <p>The next key signs from now on, the current one becomes the previous one and is still published.</p>
        </ConfirmDialog>
      )}
      {revoking !== undefined && (
        <ConfirmDialog
          title="Revoke the key?"
          action="Revoke"
          isDangerous
          onClose={() => setRevoking(undefined)}
          onConfirm={async () => {
            await callApi('PUT', `/keys/signing/${encodeURIComponent(revoking.kid)}/revoke`);
            tell(`The key ${revoking.kid} is revoked.`);
            reload();
          }}
        >
          <p>
            Every token that <code>{revoking.kid}</code> signed is refused from now on, also by APIs as soon as they read the keys again.
            This cannot be undone.
          </p>
        </ConfirmDialog>
      )}
    </Page>
  );
}

function stateOf({ current, next, previous, revoked }: ShownSigningKey): string {
  if (revoked) return 'Revoked';
  if (current) return 'In use';
  if (next) return 'Next in queue';
  return previous ? 'Previously used' : '–';
}

const timeOf = (text: string | undefined): string => (text === undefined ? '–' : dateWords(text));

function KeyTable({ keys, onRevoke }: { keys: readonly ShownSigningKey[]; onRevoke: (key: ShownSigningKey) => void }) {
  const table = useRef<HTMLTableElement>(null);
  useKeptKeyboard(table);
  return (
    <table ref={table} class="list">
      <thead>
        <tr>
          <th scope="col">Key ID</th>
          <th scope="col">Status</th>
          <th scope="col">Signs since</th>
          <th scope="col">Until</th>
          <th scope="col">
            <span class="heard">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <tr key={key.kid}>
            <th scope="row">
              <span class="with-buttons">
                <code>{key.kid}</code>
                <CopyButton label="Copy" text={key.kid} what={`the Key ID ${key.kid}`} />
              </span>
            </th>
            <td data-label="Status">
              <span class={key.current ? 'good' : key.revoked ? 'bad' : ''}>{stateOf(key)}</span>
            </td>
            <td data-label="Signs since">{timeOf(key.current_since)}</td>
            <td data-label="Until">{timeOf(key.revoked_at ?? key.current_until)}</td>
            <td>
              {key.previous && !key.revoked && (
                <button type="button" class="small danger outline" onClick={() => onRevoke(key)} aria-label={`Revoke the key ${key.kid}`}>
                  Revoke
                </button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
