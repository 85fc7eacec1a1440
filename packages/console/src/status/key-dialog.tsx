import type { NewKey } from '@evertoken/agent/contract';
import { useSignal } from '@preact/signals';
import { CopyButton } from '../parts/copy-button.tsx';
import { Dialog, DialogButtons } from '../parts/dialog.tsx';
import { DialogForm } from '../parts/dialog-form.tsx';
import { postJson } from '../parts/request-json.ts';
import type { StatusStore } from './status-store.ts';

/** Makes an app key and shows it, this once. */
export function KeyDialog({ store, onClose }: { store: StatusStore; onClose: () => void }) {
  const made = useSignal<NewKey | undefined>(undefined);
  const names = store.tokens.value.map((token) => token.value.name);
  const make = (form: FormData) => postJson<NewKey>('keys', { app: form.get('app'), tokens: form.getAll('token') });
  if (made.value !== undefined) return <MadeKey made={made.value} onClose={onClose} />;
  return (
    <DialogForm title="Make an app key" action="Make the key" run={make} onDone={(key) => (made.value = key)} onClose={onClose}>
      <p>The key is made here and kept nowhere: it works once its lines stand in the config file.</p>
      <label>
        Name of the app
        <input
          name="app"
          required
          autocomplete="off"
          spellcheck={false}
          placeholder="nightly-report"
          // As the config takes them.
          pattern="[a-zA-Z0-9][a-zA-Z0-9._\-]{0,62}"
          aria-describedby="name-hint"
        />
      </label>
      <small id="name-hint">Letters, digits and . _ - after a letter or a digit, 63 at most.</small>
      <fieldset>
        <legend>Tokens that it may read</legend>
        <div class="choices">
          {names.map((name) => (
            <label key={name}>
              <input type="checkbox" name="token" value={name} defaultChecked={names.length === 1} /> {name}
            </label>
          ))}
        </div>
      </fieldset>
    </DialogForm>
  );
}

function MadeKey({ made, onClose }: { made: NewKey; onClose: () => void }) {
  return (
    <Dialog title={`A key for ${made.app}`} onClose={onClose}>
      <p>
        <strong>This is the only time that the key is shown.</strong> Give it to {made.app}.
      </p>
      <pre>
        <code class="key">{made.key}</code>
      </pre>
      <CopyButton text={made.key} label="Copy the key" />
      <p>{made.where}; the agent takes it up by itself:</p>
      <pre>
        <code>{made.config}</code>
      </pre>
      <CopyButton text={made.config} label="Copy the lines" />
      <DialogButtons>
        <button type="button" onClick={onClose}>
          I have the key
        </button>
      </DialogButtons>
    </Dialog>
  );
}
