import { CopyButton } from '../../parts/copy-button.tsx';
import { curlOf, madeCalls } from './call-log.ts';

/** What the page asked of the Management API: all of it can be done by a script. */
export function MadeCallsPanel() {
  const calls = madeCalls.value;
  const [newest] = calls;
  if (newest === undefined) return null;
  return (
    <details class="made-calls">
      <summary>
        Calls of this page: <code>{`${newest.method} ${newest.path.split('?')[0]}`}</code>
      </summary>
      <p>
        Everything here is done through the Management API; a script does the same with a token in <code>$TOKEN</code>. Where the
        certificate of the tenant is of its local CA, curl trusts it once <code>CURL_CA_BUNDLE</code> is set: in a shell by{' '}
        <code>set -a; . .evertoken/tenant.env; set +a</code>, under <code>evertoken dev</code> with <code>.evertoken/env</code>.
      </p>
      <ol>
        {calls.map((call) => (
          <li key={call.id}>
            <CopyButton text={curlOf(call, location.origin)} what={`${call.method} ${call.path}`} label="Copy as curl" />
            <code>{`${call.method} ${call.path}`}</code>
            <span class={call.status >= 200 && call.status < 300 ? 'quiet' : 'bad'}>
              {call.status === 0 ? 'no answer' : call.status} · {Math.round(call.tookMs)} ms
            </span>
          </li>
        ))}
      </ol>
    </details>
  );
}
