import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { CopyButton } from '../../parts/copy-button.tsx';
import { curlOf, type MadeCall, madeCalls } from './call-log.ts';
import { heldBackCalls } from './management-api.ts';

const shown = signal<{ readonly text: ComponentChildren; readonly call: MadeCall | undefined } | undefined>(undefined);

/** Tells that something was done, with the call that did it. */
export function tell(text: ComponentChildren): void {
  shown.value = { text, call: madeCalls.value.find(({ method }) => method !== 'GET') };
}

/** Takes away what was told, as another place is gone to. */
export function clearNotice(): void {
  shown.value = undefined;
}

/** The place where it is told, and that calls wait where they do. Always there, so that it is heard. */
export function Notice() {
  const notice = shown.value;
  return (
    <div role="status" class="notice">
      {notice !== undefined && (
        <p>
          <span>✓ {notice.text}</span>
          {notice.call !== undefined && (
            <>
              <code>{`${notice.call.method} ${notice.call.path}`}</code>
              <CopyButton text={curlOf(notice.call, location.origin)} what="this call" label="Copy as curl" />
            </>
          )}
        </p>
      )}
      {heldBackCalls.value > 0 && <p aria-busy="true">The rate limit of the tenant is reached: the page goes on as fast as it may.</p>}
    </div>
  );
}
