import type { ShownClientGrant, ShownResourceServer } from '@evertoken/tenant/contract';
import { useState } from 'preact/hooks';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { Switch } from '../fields.tsx';
import { tell } from '../management/notice.tsx';
import { useAction } from '../use-action.ts';
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
  const [isOpen, setOpen] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const { run, isBusy, problem } = useAction();
  const turnOn = async (): Promise<void> => {
    onChange(await authorize(clientId, identifier));
    setOpen(scopes.length > 0);
    tell(`${title} is authorized.`);
  };
  const turnOff = async (): Promise<void> => {
    if (grant !== undefined) await unauthorize(grant.id);
    onChange(undefined);
    setOpen(false);
    tell(`${title} is not authorized any more.`);
  };
  return (
    <li class="grant">
      <div class="grant-head">
        <div>
          <a href={href}>{title}</a>
          <code class="quiet">{detail}</code>
        </div>
        {grant !== undefined && (
          <button type="button" class="small outline secondary" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {grant.allow_all_scopes === true ? 'All permissions' : `${grant.scope.length} of ${scopes.length} permissions`}
            <span class="heard"> of {title}</span>
          </button>
        )}
        <Switch
          label={`Authorize ${title}`}
          isOn={grant !== undefined}
          isDisabled={isBusy || grant?.is_system === true}
          onTurn={(isOn) => (isOn ? run(turnOn) : setAsking(true))}
        />
      </div>
      {problem !== undefined && (
        <p role="alert" class="bad">
          {problem}
        </p>
      )}
      {isOpen && grant !== undefined && (
        <PermissionsForm
          key={grant.id}
          title={title}
          scopes={scopes}
          grant={grant}
          onSaved={(saved) => {
            onChange(saved);
            tell(`The permissions of ${title} are saved.`);
          }}
        />
      )}
      {isAsking && (
        <ConfirmDialog
          title={`Unauthorize ${title}?`}
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
