import { render } from 'preact';
import '../parts/style.css';
import './status.css';
import { setClock, startTicking } from '../parts/ticking.ts';
import { Page } from './page.tsx';
import { connectToAgent } from './status-connection.ts';
import { makeStatusStore } from './status-store.ts';

const store = makeStatusStore();
const connection = connectToAgent((update) => {
  setClock(update.now);
  store.take(update);
});
startTicking();
render(<Page store={store} connection={connection} />, document.getElementById('page') ?? document.body);
