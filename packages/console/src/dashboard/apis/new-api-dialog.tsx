import type { ResourceServerCreation, ShownResourceServer } from '@evertoken/tenant/contract';
import { useState } from 'preact/hooks';
import { Dialog } from '../../parts/dialog.tsx';
import { ChoiceField, TextField } from '../fields.tsx';
import { callApi } from '../management/management-api.ts';
import { goTo } from '../route.ts';
import { useAction } from '../use-action.ts';
import { signingAlgorithms } from './signing-algorithms.ts';

/** Asks what a new API is called, and makes it. */
export function NewApiDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('');
  const [identifier, setIdentifier] = useState('');
  const [alg, setAlg] = useState<(typeof signingAlgorithms)[number]['value']>('RS256');
  const { run, isBusy, problem } = useAction();
  const create = async (): Promise<void> => {
    const creation: ResourceServerCreation = { name: name.trim(), identifier: identifier.trim(), signing_alg: alg };
    const { id = '' } = await callApi<ShownResourceServer>('POST', '/resource-servers', creation);
    onClose();
    goTo('apis', id, 'permissions');
  };
  return (
    <Dialog title="Create API" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          run(create);
        }}
      >
        <TextField label="Name" value={name} onInput={setName} required pattern="[^<>]+" maxLength={200} />
        <TextField
          label="Identifier"
          value={identifier}
          onInput={setIdentifier}
          required
          maxLength={600}
          placeholder="https://orders.example/"
          hint="The audience of token requests, character for character. It cannot be changed later."
        />
        <ChoiceField label="Signing Algorithm" value={alg} choices={signingAlgorithms} onChoose={setAlg} />
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
