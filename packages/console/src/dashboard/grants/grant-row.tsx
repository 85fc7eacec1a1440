import type { ShownClientGrant, ShownResourceServer } from '@evertoken/tenant/contract';
import { useRef, useState } from 'preact/hooks';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { ProblemLine } from '../../parts/problem-line.tsx';
import { useAction } from '../../parts/use-action.ts';
import { Switch } from '../fields.tsx';
import { tell } from '../management/notice.tsx';
import { authorize, unauthorize } from './grants.ts';
import { PermissionsForm } from './permissions-form.tsx';

/** Whether one application may have tokens for one API, and with which permissions. */
export function GrantRow({
  title,
  href,
  detail,
  clientId,
  api,
  grant,
  onChange,
}: {
  /** Of the one that the list is of: the application, or the API. */
  title: string;
  href: string;
  detail: string;
  clientId: string;
  api: ShownResourceServer;
  grant: ShownClientGrant | undefined;
  onChange: (grant: ShownClientGrant | undefined) => void;
}) {
  const { identifier = '', scopes = [] } = api;
  // A name may turn the text around it.
  const name = <bdi>{title}</bdi>;
  const [isOpen, setOpen] = useState(false);
  // What was chosen in it and is not saved stays when it is folded.
  const wasOpen = useRef(false);
  if (isOpen) wasOpen.current = true;
  const [isAsking, setAsking] = useState(false);
  const { run, isBusy, problem } = useAction();
  const turnOn = async (): Promise<void> => {
    onChange(await authorize(clientId, identifier));
    setOpen(scopes.length > 0);
    tell(<>{name} is authorized.</>);
  };
  const turnOff = async (): Promise<void> => {
    if (grant !== undefined) await unauthorize(grant.id);
    onChange(undefined);
    setOpen(false);
    tell(<>{name} is not authorized any more.</>);
  };
  return (
    <li class="grant">
      <div class="grant-head">
        <div>
          <a href={href}>{name}</a>
          <code class="quiet">{detail}</code>
        </div>
        {grant !== undefined && (
          <button type="button" class="small outline secondary" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {grant.allow_all_scopes === true ? 'All permissions' : `${grant.scope.length} of ${scopes.length} permissions`}
            <span class="heard"> of {name}</span>
          </button>
        )}
        <Switch
          label={`Authorize ${title}`}
          isOn={grant !== undefined}
          isDisabled={grant?.is_system === true}
          isBusy={isBusy}
          onTurn={(isOn) => (isOn ? run(turnOn) : setAsking(true))}
        />
      </div>
      <ProblemLine text={problem} />
      {wasOpen.current && grant !== undefined && (
        <div hidden={!isOpen}>
          <PermissionsForm
            key={grant.id}
            title={title}
            scopes={scopes}
            grant={grant}
            onSaved={(saved) => {
              onChange(saved);
              tell(<>The permissions of {name} are saved.</>);
            }}
          />
        </div>
      )}
      {isAsking && (
        <ConfirmDialog
          title={<>Unauthorize {name}?</>}
          action="Unauthorize"
          isDangerous
          onConfirm={turnOff}
          onClose={() => setAsking(false)}
        >
          <p>
            The grant is deleted with its permissions: there are no new tokens for <code>{identifier}</code>. Those that were issued live on
            until they expire.
          </p>
        </ConfirmDialog>
      )}
    </li>
  );
}
