import type { ResourceServerPatch, ShownResourceServer } from '@evertoken/tenant/contract';
import { useState } from 'preact/hooks';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { ChoiceField, FixedField, SecretField, TextField } from '../fields.tsx';
import { callApi } from '../management/management-api.ts';
import { tell } from '../management/notice.tsx';
import { goTo } from '../route.ts';
import { useAction } from '../use-action.ts';
import { dialects, signingAlgorithms } from './signing-algorithms.ts';

/** Identifier, and how the tokens of the API are. */
export function ApiSettingsTab({ api, onChange }: { api: ShownResourceServer; onChange: (changed: ShownResourceServer) => void }) {
  const { id = '', identifier = '', is_system: isSystem = false } = api;
  const [name, setName] = useState(api.name ?? '');
  const [lifetime, setLifetime] = useState(String(api.token_lifetime ?? 86_400));
  const [alg, setAlg] = useState(api.signing_alg ?? 'RS256');
  const [dialect, setDialect] = useState(api.token_dialect ?? 'access_token');
  const [isDeleting, setDeleting] = useState(false);
  const { run, isBusy, problem } = useAction();
  const path = `/resource-servers/${encodeURIComponent(id)}`;
  const save = async (): Promise<void> => {
    const patch: ResourceServerPatch = {
      token_lifetime: Number(lifetime),
      ...(!isSystem && { name: name.trim(), signing_alg: alg, token_dialect: dialect }),
    };
    onChange(await callApi<ShownResourceServer>('PATCH', path, patch));
    tell('The settings are saved. Tokens from now on follow them.');
  };
  return (
    <>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          run(save);
        }}
      >
        <h2>General Settings</h2>
        <FixedField label="Id" value={id} />
        {isSystem ? (
          <FixedField label="Name" value={name} />
        ) : (
          <TextField label="Name" value={name} onInput={setName} required pattern="[^<>]+" maxLength={200} />
        )}
        <FixedField label="Identifier" value={identifier} hint="The audience of token requests. It cannot be changed." />
        <h2>Access Token Settings</h2>
        <TextField
          label="Maximum Access Token Lifetime (Seconds)"
          type="number"
          min={0}
          max={2_592_000}
          required
          value={lifetime}
          onInput={setLifetime}
          hint="86 400 is a day; at most 2 592 000, 30 days."
        />
        {!isSystem && (
          <>
            <ChoiceField label="Signing Algorithm" value={alg} choices={signingAlgorithms} onChoose={setAlg} />
            <ChoiceField label="JSON Web Token (JWT) Profile" value={dialect} choices={dialects} onChoose={setDialect} />
          </>
        )}
        {api.signing_alg === 'HS256' && (
          <SecretField
            label="Signing Secret"
            fetchSecret={async () => (await callApi<ShownResourceServer>('GET', path)).signing_secret ?? ''}
          />
        )}
        {problem !== undefined && (
          <p role="alert" class="bad">
            {problem}
          </p>
        )}
        <div class="buttons">
          <button type="submit" aria-busy={isBusy} disabled={isBusy}>
            Save Changes
          </button>
        </div>
      </form>
      {!isSystem && (
        <section class="danger-zone" aria-labelledby="danger-zone">
          <h2 id="danger-zone">Danger Zone</h2>
          <p>
            <button type="button" class="danger outline" onClick={() => setDeleting(true)}>
              Delete API
            </button>{' '}
            The grants on it go with it.
          </p>
        </section>
      )}
      {isDeleting && (
        <ConfirmDialog
          title="Delete the API?"
          action="Delete"
          isDangerous
          onClose={() => setDeleting(false)}
          onConfirm={async () => {
            await callApi('DELETE', path);
            goTo('apis');
          }}
        >
          <p>
            <strong>{api.name}</strong> (<code>{identifier}</code>) and all grants on it are removed for good. No application gets a token
            for it any more.
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}
