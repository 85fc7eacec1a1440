import type { TokenStanding } from '@evertoken/agent/contract';
import type { Signal } from '@preact/signals';
import { CopyButton } from '../parts/copy-button.tsx';
import { Dialog, DialogButtons } from '../parts/dialog.tsx';
import type { StatusStore } from './status-store.ts';

/** The commands that use a token, with the name of a variable where the app key goes. */
export function CommandDialog({ token, store, onClose }: { token: Signal<TokenStanding>; store: StatusStore; onClose: () => void }) {
  const { name } = token.value;
  const origin = store.agent.value?.listen.find((url) => url.startsWith('http://')) ?? location.origin;
  const command = `curl -H "Authorization: Bearer $EVERTOKEN_APP_KEY" ${origin}/v1/tokens/${name}`;
  return (
    <Dialog title={`Use ${name} with curl`} onClose={onClose}>
      <p>
        The token, for an app that may read it. <code>EVERTOKEN_APP_KEY</code> is the key of the app; <code>evertoken env</code> sets it
        where the config has no file.
      </p>
      <pre>
        <code>{command}</code>
      </pre>
      <DialogButtons>
        <button type="button" class="secondary" onClick={onClose}>
          Close
        </button>
        <CopyButton text={command} label="Copy the command" />
      </DialogButtons>
    </Dialog>
  );
}
