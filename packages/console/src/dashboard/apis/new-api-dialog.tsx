import type { ResourceServerCreation, ShownResourceServer } from '@evertoken/tenant/contract';
import { useState } from 'preact/hooks';
import { DialogForm } from '../../parts/dialog-form.tsx';
import { ChoiceField, NameField, TextField } from '../fields.tsx';
import { sayAt } from '../management/api-problem.ts';
import { callApi } from '../management/management-api.ts';
import { goTo } from '../route.ts';
import { signingAlgorithms } from './signing-algorithms.ts';

// Of the name the form takes no other than the tenant does.
const refusals = {
  409: 'There is an API with this identifier already.',
  invalid_body: 'This identifier is kept for an API of the tenant itself.',
};

/** Asks what a new API is called, and makes it. */
export function NewApiDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('');
  const [identifier, setIdentifier] = useState('');
  const [alg, setAlg] = useState<(typeof signingAlgorithms)[number]['value']>('RS256');
  const create = (): Promise<ShownResourceServer> => {
    const creation: ResourceServerCreation = { name: name.trim(), identifier: identifier.trim(), signing_alg: alg };
    return callApi<ShownResourceServer>('POST', '/resource-servers', creation).catch(sayAt('identifier', refusals));
  };
  const show = ({ id = '' }: ShownResourceServer): void => {
    onClose();
    goTo('apis', id, 'permissions');
  };
  return (
    <DialogForm title="Create API" action="Create" run={create} onDone={show} onClose={onClose}>
      {(problemAt) => (
        <>
          <NameField value={name} onInput={setName} maxLength={200} />
          <TextField
            label="Identifier"
            value={identifier}
            onInput={setIdentifier}
            problem={problemAt('identifier')}
            required
            maxLength={600}
            placeholder="https://orders.example/"
            hint="The audience of token requests, character for character. It cannot be changed later."
          />
          <ChoiceField label="Signing Algorithm" value={alg} choices={signingAlgorithms} onChoose={setAlg} />
        </>
      )}
    </DialogForm>
  );
}
