import type { MintOutcome, TokenStanding } from '@evertoken/agent/contract';
import { type Signal, useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { Dialog, DialogButtons } from '../parts/dialog.tsx';
import { postJson } from '../parts/request-json.ts';

type Progress = { readonly kind: 'asking' | 'minting' } | { readonly kind: 'done' | 'failed'; readonly message: string };

/** Asks once more, then has the token minted and tells what became of it. */
export function MintDialog({ token, onClose }: { token: Signal<TokenStanding>; onClose: () => void }) {
  const { name, held } = token.value;
  const progress = useSignal<Progress>({ kind: 'asking' });
  const mint = async () => {
    // Not by disabling the button, which would take the keyboard away from it.
    if (progress.value.kind === 'minting') return;
    progress.value = { kind: 'minting' };
    try {
      const { isMinted, message } = await postJson<MintOutcome>(`tokens/${encodeURIComponent(name)}/mint`);
      progress.value = { kind: isMinted ? 'done' : 'failed', message };
    } catch (error) {
      progress.value = { kind: 'failed', message: (error as Error).message };
    }
  };
  const state = progress.value;
  const isOver = 'message' in state;
  const isMinting = state.kind === 'minting';
  const close = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    // The button that had the keyboard is gone.
    if (isOver) close.current?.focus();
  }, [isOver]);
  return (
    <Dialog title={`Mint ${name} now`} isHeld={isMinting} onClose={onClose}>
      <p>
        The issuer is asked for a new token, which counts against its quota.
        {held !== null && ' Programs that hold the present one may use it until its end; all others get the new one.'}
      </p>
      <p role="status" class={state.kind === 'failed' ? 'failure' : ''}>
        {isOver ? state.message : isMinting ? 'Asking the issuer …' : ''}
      </p>
      <DialogButtons>
        <button ref={close} type="button" class="secondary" aria-disabled={isMinting} onClick={() => isMinting || onClose()}>
          {isOver ? 'Close' : 'Cancel'}
        </button>
        {!isOver && (
          <button type="button" onClick={mint} aria-busy={isMinting} aria-disabled={isMinting}>
            Mint now
          </button>
        )}
      </DialogButtons>
    </Dialog>
  );
}
