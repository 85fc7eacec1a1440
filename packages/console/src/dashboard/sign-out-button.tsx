import { useState } from 'preact/hooks';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { endSession } from './management/page-token.ts';
import { unsavedPlaces } from './use-draft.ts';

/** Ends the session, and asks first where something would be lost with it. */
export function SignOutButton() {
  const [isAsking, setAsking] = useState(false);
  const places = unsavedPlaces();
  return (
    <>
      <button type="button" class="small outline secondary" onClick={() => (places.length > 0 ? setAsking(true) : void endSession())}>
        Sign out
      </button>
      {isAsking && (
        <ConfirmDialog
          title="Sign out without saving?"
          action="Sign out"
          isDangerous
          onConfirm={endSession}
          onClose={() => setAsking(false)}
        >
          <p>What is typed at these places and not saved is lost:</p>
          <ul>
            {places.map(({ address, title }) => (
              <li key={address}>
                <a href={address} onClick={() => setAsking(false)}>
                  {title}
                </a>
              </li>
            ))}
          </ul>
        </ConfirmDialog>
      )}
    </>
  );
}
