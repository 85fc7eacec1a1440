import type { ShownResourceServer } from '@evertoken/tenant/contract';
import { useEffect, useState } from 'preact/hooks';
import { ChoiceField, TextField } from '../fields.tsx';
import { useAnswer } from '../management/use-answer.ts';
import { Pending } from '../page.tsx';
import { hrefOf } from '../route.ts';
import { authorizedIds, readApplications } from './authorized-applications.ts';
import type { Language } from './token-request-code.ts';
import { TokenTest } from './token-test.tsx';

// Names are read one by one: so many are worth it.
const mostOffered = 50;

/** The token request of an application for this API, in the words of many languages, and run here. */
export function TestTab({ api }: { api: ShownResourceServer }) {
  const { id = '', identifier = '' } = api;
  const { value, problem, reload } = useAnswer(`authorized for ${identifier}`, () => authorizedIds(identifier));
  if (value === undefined) return <Pending problem={problem} onRetry={reload} />;
  const [first] = value;
  if (first === undefined) {
    return (
      <p>
        No application is authorized for this API yet. Authorize one at{' '}
        <a href={hrefOf('apis', id, 'applications')}>Machine to Machine Applications</a>.
      </p>
    );
  }
  return <ApplicationTest audience={identifier} ids={value} first={first} />;
}

function ApplicationTest({ audience, ids, first }: { audience: string; ids: readonly string[]; first: string }) {
  const [clientId, setClientId] = useState(first);
  const [language, setLanguage] = useState<Language>('cURL');
  const [typed, setTyped] = useState('');
  const names = useNames(ids);
  const offered = ids.slice(0, mostOffered);
  const choices = offered.includes(clientId) ? offered : [...offered, clientId];
  const isUnknown = typed.trim() !== '' && !ids.includes(typed.trim());
  return (
    <>
      <ChoiceField
        label="Application"
        value={clientId}
        choices={choices.map((value) => ({ value, title: names.get(value) ?? value }))}
        onChoose={setClientId}
      />
      {ids.length > mostOffered && (
        <TextField
          label="Client ID"
          type="search"
          value={typed}
          onInput={(text) => {
            setTyped(text);
            if (ids.includes(text.trim())) setClientId(text.trim());
          }}
          hint={
            isUnknown
              ? 'No application with this Client ID is authorized for the API.'
              : `The first ${mostOffered} of the ${ids.length.toLocaleString('en')} authorized applications are offered above; any of them is chosen by its Client ID.`
          }
        />
      )}
      <TokenTest key={clientId} audience={audience} clientId={clientId} language={language} onLanguage={setLanguage} />
    </>
  );
}

/** What the applications that are offered are called, as far as that is read. */
function useNames(ids: readonly string[]): ReadonlyMap<string, string> {
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  useEffect(() => {
    const abort = new AbortController();
    void readApplications(
      ids.slice(0, mostOffered),
      ({ client_id: id = '', name = id }) => setNames((before) => new Map([...before, [id, name]])),
      abort.signal,
    );
    return () => abort.abort();
  }, [ids]);
  return names;
}
