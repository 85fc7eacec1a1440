import type { ClientCreation, ShownClient } from '@evertoken/tenant/contract';
import { useState } from 'preact/hooks';
import { DialogForm } from '../../parts/dialog-form.tsx';
import { ChoiceField, NameField } from '../fields.tsx';
import { callApi } from '../management/management-api.ts';
import { goTo } from '../route.ts';
import { forgetApplications } from './application-index.ts';
import { applicationTypes } from './application-type.ts';

type CreatedType = (typeof applicationTypes)[number]['value'];

/** Asks what a new application is called, and makes it. */
export function NewApplicationDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('');
  const [type, setType] = useState<CreatedType>('non_interactive');
  const create = async (): Promise<ShownClient> => {
    const made = await callApi<ShownClient>('POST', '/clients', creationOf(name, type));
    forgetApplications();
    return made;
  };
  const show = ({ client_id: id = '' }: ShownClient): void => {
    onClose();
    goTo('applications', id, type === 'non_interactive' ? 'apis' : 'settings');
  };
  return (
    <DialogForm title="Create application" action="Create" run={create} onDone={show} onClose={onClose}>
      <NameField value={name} onInput={setName} hint="Without < and >. It can be changed later." />
      <ChoiceField label="Application type" value={type} choices={applicationTypes} onChoose={setType} />
    </DialogForm>
  );
}

function creationOf(name: string, type: CreatedType): ClientCreation {
  const given = { name: name.trim(), app_type: type };
  if (type !== 'non_interactive') return given;
  return { ...given, grant_types: ['client_credentials'], token_endpoint_auth_method: 'client_secret_post' };
}
