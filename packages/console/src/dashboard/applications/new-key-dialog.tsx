import type { CredentialCreation } from '@evertoken/tenant/contract';
import { useState } from 'preact/hooks';
import { DialogForm } from '../../parts/dialog-form.tsx';
import { FieldProblem } from '../../parts/use-action.ts';
import { ChoiceField, LinesField, TextField } from '../fields.tsx';
import { sayAt } from '../management/api-problem.ts';

// Of the name the form takes no other than the tenant does.
const refusals = {
  409: 'The application has this key already.',
  invalid_body:
    'The tenant does not take this key. It takes RSA keys of 2048 to 4096 bits: a public key in PEM (SPKI or PKCS1), or a certificate.',
};

/** Asks for a public key; `onAdd` calls the Management API with it. */
export function NewKeyDialog({ onAdd, onClose }: { onAdd: (credential: CredentialCreation) => Promise<void>; onClose: () => void }) {
  const [name, setName] = useState('');
  const [pem, setPem] = useState('');
  const [alg, setAlg] = useState<'RS256' | 'RS384' | 'PS256'>('RS256');
  const add = async (): Promise<void> => {
    // It is not to leave this machine, not even to be refused.
    if (pem.includes('PRIVATE KEY'))
      throw new FieldProblem('pem', 'This is a private key: keep it, and paste the public key that belongs to it.');
    const credential = { credential_type: 'public_key', pem, alg, ...(name.trim() !== '' && { name: name.trim() }) } as const;
    await onAdd(credential).catch(sayAt('pem', refusals));
  };
  return (
    <DialogForm title="Add public key" action="Add" run={add} onDone={onClose} onClose={onClose}>
      {(problemAt) => (
        <>
          <TextField label="Name" value={name} onInput={setName} maxLength={128} />
          <LinesField
            label="Public key or certificate"
            value={pem}
            onInput={setPem}
            problem={problemAt('pem')}
            placeholder="-----BEGIN PUBLIC KEY-----"
          />
          <ChoiceField
            label="Algorithm"
            value={alg}
            choices={(['RS256', 'RS384', 'PS256'] as const).map((value) => ({ value, title: value }))}
            onChoose={setAlg}
          />
        </>
      )}
    </DialogForm>
  );
}
