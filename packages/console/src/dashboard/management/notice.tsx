import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { CopyButton } from '../../parts/copy-button.tsx';
import { curlOf, type MadeCall, madeCalls } from './call-log.ts';
import { heldBackCalls } from './management-api.ts';

interface Told {
  readonly text: ComponentChildren;
  readonly isFailure: boolean;
  readonly call: MadeCall | undefined;
}

const shown = signal<Told | undefined>(undefined);

/** Tells that something was done, with the call that did it. */
export function tell(text: ComponentChildren): void {
  shown.value = { text, isFailure: false, call: newestChange() };
}

/** Tells that something failed that was begun at another place, with the call that did not do it. */
export function tellFailure(text: string): void {
  shown.value = { text, isFailure: true, call: newestChange() };
}

const newestChange = (): MadeCall | undefined => madeCalls.value.find(({ method }) => method !== 'GET');

/** Takes away what was told, as another place is gone to. */
export function clearNotice(): void {
  shown.value = undefined;
}

/** Whether something was begun after it: what became of that is told elsewhere, and must not stand beside it. */
const isOutdated = ({ call }: Told): boolean => (newestChange()?.id ?? 0) > (call?.id ?? 0);

/** The place where it is told, and that calls wait where they do. Always there, so that it is heard. */
export function Notice() {
  const notice = shown.value !== undefined && isOutdated(shown.value) ? undefined : shown.value;
  return (
    <div role="status" class="notice">
      {notice !== undefined && (
        <p class={notice.isFailure ? 'bad' : ''}>
          <span>
            {notice.isFailure ? '✕' : '✓'} {notice.text}
          </span>
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
