// One subject in one scenario: node subject-process.mjs ADAPTER SCENARIO, then called over the channel.
import { openChannel } from '../channel.mjs';

const [adapter, scenarioName] = process.argv.slice(2);
process.on('disconnect', () => process.exit(0));

const { default: scenario } = await import(`./scenarios/${scenarioName}.mjs`);
// Before the subject is loaded, so that it can get hold of no other time.
const time = scenario.isVirtual ? (await import('./virtual-time.mjs')).installVirtualTime() : undefined;
const { loadAdapter } = await import('./subjects.mjs');
const subject = await loadAdapter(adapter);

openChannel(process, {
  now: () => Date.now(),
  note: () => subject.note,
  ...scenario.methods(subject, time),
});
