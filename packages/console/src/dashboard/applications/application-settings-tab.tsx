import type { ClientPatch, ShownClient } from '@evertoken/tenant/contract';
import { useState } from 'preact/hooks';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { ProblemLine } from '../../parts/problem-line.tsx';
import { useAction } from '../../parts/use-action.ts';
import { ChoiceField, FixedField, NameField, SecretField, TextField } from '../fields.tsx';
import { callApi } from '../management/management-api.ts';
import { tell } from '../management/notice.tsx';
import { session } from '../management/page-token.ts';
import { goTo, hrefOf } from '../route.ts';
import { UnsavedLine } from '../unsaved-line.tsx';
import { useDraft } from '../use-draft.ts';
import { forgetRecord } from '../use-record.ts';
import { forgetApplications } from './application-index.ts';
import { applicationTypes } from './application-type.ts';
import { fetchSecret } from './fetch-secret.ts';

/** What of an application is changed by hand. */
interface ApplicationSettings {
  readonly name: string;
  readonly description: string;
  readonly type: string;
}

/** Domain, Client ID and Client Secret, and what of an application is changed by hand. */
export function ApplicationSettingsTab({ application, onChange }: { application: ShownClient; onChange: (changed: ShownClient) => void }) {
  const { client_id: id = '' } = application;
  const draft = useDraft<ApplicationSettings>(hrefOf('applications', id, 'settings'), application.name ?? id);
  const { fields: typed } = draft;
  const saved = { name: application.name ?? '', description: application.description ?? '', type: application.app_type ?? '' };
  const { name, description, type } = { ...saved, ...typed };
  const [asking, setAsking] = useState<'rotate' | 'delete' | undefined>();
  // A secret that was rotated must not stay on the screen.
  const [rotations, setRotations] = useState(0);
  const { run, isBusy, problem } = useAction();
  const path = `/clients/${encodeURIComponent(id)}`;
  const save = async (): Promise<void> => {
    // No other: someone may have changed the rest since the page was opened.
    const patch: ClientPatch = {
      ...(typed.name !== undefined && { name: typed.name.trim() }),
      ...(typed.description !== undefined && { description: typed.description }),
      ...(typed.type !== undefined && { app_type: typed.type }),
    };
    const changed = withoutSecret(await callApi<ShownClient>('PATCH', path, patch));
    forgetApplications();
    onChange(changed);
    // Unless more was typed meanwhile.
    draft.drop(typed);
    tell('The settings are saved.');
  };
  const rotate = async (): Promise<void> => {
    onChange(withoutSecret(await callApi<ShownClient>('POST', `${path}/rotate-secret`)));
    setRotations((count) => count + 1);
    tell('The secret is rotated. The one before is taken for a few seconds more.');
  };
  const remove = async (): Promise<void> => {
    await callApi('DELETE', path);
    forgetApplications();
    forgetRecord(hrefOf('applications', id));
  };
  const state = session.value;
  const hasSecret = application.client_authentication_methods === undefined;
  return (
    <>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          run(save);
        }}
      >
        <h2>Basic Information</h2>
        <NameField value={name} onInput={(next) => draft.type('name', next, saved.name)} />
        <FixedField label="Domain" value={state.kind === 'open' ? state.domain : ''} />
        <FixedField label="Client ID" value={id} />
        {hasSecret ? (
          <SecretField key={rotations} label="Client Secret" fetchSecret={() => fetchSecret(id)} />
        ) : (
          <p class="quiet">This application proves itself with a key: see Credentials.</p>
        )}
        <TextField
          label="Description"
          value={description}
          onInput={(next) => draft.type('description', next, saved.description)}
          maxLength={140}
          hint="At most 140 characters."
        />
        <ChoiceField
          label="Application Type"
          value={type}
          choices={[
            ...(applicationTypes.some(({ value }) => value === type) ? [] : [{ value: type, title: type || 'Generic' }]),
            ...applicationTypes,
          ]}
          onChoose={(next) => draft.type('type', next, saved.type)}
        />
        <ProblemLine text={problem} />
        <div class="buttons">
          <button type="submit" aria-busy={isBusy} aria-disabled={isBusy}>
            Save Changes
          </button>
          <UnsavedLine draft={draft} />
        </div>
      </form>
      <section class="danger-zone" aria-labelledby="danger-zone">
        <h2 id="danger-zone">Danger Zone</h2>
        {hasSecret && (
          <p>
            <button type="button" class="danger outline" onClick={() => setAsking('rotate')}>
              Rotate Secret
            </button>{' '}
            Programs that hold the secret must be given the new one.
          </p>
        )}
        <p>
          <button type="button" class="danger outline" onClick={() => setAsking('delete')}>
            Delete Application
          </button>{' '}
          Its grants go with it.
        </p>
      </section>
      {asking === 'rotate' && (
        <ConfirmDialog title="Rotate the secret?" action="Rotate" isDangerous onConfirm={rotate} onClose={() => setAsking(undefined)}>
          <p>
            <strong>{application.name}</strong> gets a new Client Secret. The present one is taken for 30 seconds more, unless the tenant
            was told another time.
          </p>
        </ConfirmDialog>
      )}
      {asking === 'delete' && (
        <ConfirmDialog
          title="Delete the application?"
          action="Delete"
          isDangerous
          onConfirm={remove}
          onDone={() => goTo('applications')}
          onClose={() => setAsking(undefined)}
        >
          <p>
            <strong>{application.name}</strong> and its grants are removed for good. It gets no token any more; those that it has live on
            until they expire.
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}

/** Answers to a change have the secret in them, which stays out of what the page holds. */
export function withoutSecret({ client_secret: _secret, ...application }: ShownClient): ShownClient {
  return application;
}
