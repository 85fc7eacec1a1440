import type { ClientCreation, ShownClient } from '@evertoken/tenant/contract';
import { useState } from 'preact/hooks';
import { Dialog } from '../../parts/dialog.tsx';
import { ChoiceField, TextField } from '../fields.tsx';
import { callApi } from '../management/management-api.ts';
import { goTo } from '../route.ts';
import { useAction } from '../use-action.ts';
import { forgetApplications } from './application-index.ts';
import { applicationTypes } from './application-type.ts';

type CreatedType = (typeof applicationTypes)[number]['value'];

/** Asks what a new application is called, and makes it. */
export function NewApplicationDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('');
  const [type, setType] = useState<CreatedType>('non_interactive');
  const { run, isBusy, problem } = useAction();
  const create = async (): Promise<void> => {
    const { client_id: id = '' } = await callApi<ShownClient>('POST', '/clients', creationOf(name, type));
    forgetApplications();
    onClose();
    goTo('applications', id, type === 'non_interactive' ? 'apis' : 'settings');
  };
  return (
    <Dialog title="Create application" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          run(create);
        }}
      >
        <TextField label="Name" value={name} onInput={setName} required pattern="[^<>]+" hint="Without < and >. It can be changed later." />
        <ChoiceField label="Application type" value={type} choices={applicationTypes} onChoose={setType} />
        {problem !== undefined && (
          <p role="alert" class="bad">
            {problem}
          </p>
        )}
        <footer class="buttons">
          <button type="button" class="secondary outline" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" aria-busy={isBusy} disabled={isBusy}>
            Create
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

function creationOf(name: string, type: CreatedType): ClientCreation {
  const given = { name: name.trim(), app_type: type };
  if (type !== 'non_interactive') return given;
  return { ...given, grant_types: ['client_credentials'], token_endpoint_auth_method: 'client_secret_post' };
}
