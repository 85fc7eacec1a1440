import type { AgentSnapshot } from '@evertoken/agent/contract';
import { render } from 'preact';
import '../parts/style.css';

function Page({ agent }: { agent: AgentSnapshot }) {
  return <main class="container">The agent {agent.version}</main>;
}

render(<Page agent={{ version: '…' }} />, document.getElementById('page') ?? document.body);
