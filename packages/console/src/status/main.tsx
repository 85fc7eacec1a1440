import { effect } from '@preact/signals';
import { render } from 'preact';
import '../parts/style.css';
import './status.css';
import { watchPageSight } from '../parts/page-sight.ts';
import { setClock, startTicking } from '../parts/ticking.ts';
import { Page } from './page.tsx';
import { connectToAgent } from './status-connection.ts';
import { makeStatusStore } from './status-store.ts';
import { needsLook } from './token-words.ts';

const store = makeStatusStore();
const connection = connectToAgent(
  (update) => {
    setClock(update.now);
    store.take(update);
  },
  { isSeen: watchPageSight() },
);
startTicking();
render(<Page store={store} connection={connection} />, document.getElementById('page') ?? document.body);

// A tab among many tells, too, whether somebody should look.
effect(() => {
  const troubled = store.tokens.value.filter(({ value }) => needsLook(value)).length;
  const isLive = connection.hearing.value.kind === 'live';
  document.title = `${isLive ? '' : 'not live · '}${troubled === 0 ? '' : `${troubled} to look at · `}Evertoken agent`;
});
