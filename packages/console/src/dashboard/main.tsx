import { render } from 'preact';
import { Dashboard } from './dashboard.tsx';
import '../parts/style.css';
import './dashboard.css';

render(<Dashboard />, document.getElementById('page') ?? document.body);
