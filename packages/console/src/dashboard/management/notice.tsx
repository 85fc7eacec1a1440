import { signal } from '@preact/signals';
import { CopyButton } from '../../parts/copy-button.tsx';
import { curlOf, type MadeCall, madeCalls } from './call-log.ts';

const shown = signal<{ readonly text: string; readonly call: MadeCall | undefined } | undefined>(undefined);

/** Tells that something was done, with the call that did it. */
export function tell(text: string): void {
  shown.value = { text, call: madeCalls.value.find(({ method }) => method !== 'GET') };
}

/** Takes away what was told, as another place is gone to. */
export function clearNotice(): void {
  shown.value = undefined;
}

/** The place where it is told. Always there, so that it is heard. */
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
    </div>
  );
}
