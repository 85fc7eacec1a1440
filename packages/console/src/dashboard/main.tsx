import { render } from 'preact';
import '../parts/style.css';

render(<main class="container">The tenant</main>, document.getElementById('page') ?? document.body);
