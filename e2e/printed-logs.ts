import { type Printed, watchProcesses } from '@evertoken/testkit';

/** Programs that run on and log; others print a token because that is what they were asked for. */
const longRunning = /\b(?:dev|start)\b|start\.mjs/;

let printed: Printed[] = [];

/** Gathers what long-running programs print from now on; ends that, and answers it, with the returned function. */
export function gatherLogs(): () => readonly Printed[] {
  printed = [];
  const unwatch = watchProcesses((one) => {
    if (longRunning.test(one.title)) printed.push(one);
  });
  return () => {
    unwatch();
    return printed;
  };
}

/** Adds the log of a program that runs in this process. */
export function gatherLog(title: string, text: string): void {
  printed.push({ title, env: {}, stdout: text, stderr: '' });
}
