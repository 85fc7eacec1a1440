import { setTimeout as pause } from 'node:timers/promises';
import { issueTokens } from '@evertoken/testkit';
import { launchBrowser, startAgentToShow, startTenantToShow } from '../../scripts/pages/processes.mjs';
import { median, rounded } from '../statistics.mjs';
import { table } from '../table.mjs';
import { fillTenant } from './applications.mjs';

/** What the pages weigh, how fast they are there, and what they cost a browser. Answers what stands in the results file, and the tables to show. */
export async function pages(say, { isQuick = false } = {}) {
  const rounds = isQuick ? 3 : 15;
  const applications = isQuick ? 50 : 1_000;
  const browser = await launchBrowser();
  try {
    say('the status page with 3 and with 200 tokens …');
    const few = await withAgent(3, (agent) => measurePage(browser, agent, { ready: 'article.card', rounds }));
    const many = await withAgent(200, async (agent) => ({
      ...(await measurePage(browser, agent, { ready: 'article.card', rounds })),
      ...(await measureWatching(browser, agent, isQuick ? 5 : 30)),
    }));
    say(`the dashboard with ${applications} applications …`);
    const tenant = await startTenantToShow();
    let dashboard;
    try {
      await fillTenant(tenant, applications);
      dashboard = await measurePage(browser, tenant, { ready: 'table tbody tr', rounds });
    } finally {
      await tenant.close();
    }
    const rows = [
      { page: 'status page, 3 tokens', ...few },
      { page: 'status page, 200 tokens', ...many },
      { page: `dashboard, ${applications} applications`, ...dashboard },
    ];
    return { results: { pages: rows }, tables: [tableOf(rows)] };
  } finally {
    await browser.close();
  }
}

async function withAgent(count, measure) {
  const tokens = Array.from({ length: count }, (_, index) => `token-${String(index + 1).padStart(3, '0')}`);
  const agent = await startAgentToShow({ tokens, apps: ['report', 'dashboard'], script: issueTokens(3_600) });
  try {
    return await measure(agent);
  } finally {
    await agent.close();
  }
}

/** What is sent until the page shows something, and how long that takes, each time in a browser that has never seen it. */
async function measurePage(browser, { link }, { ready, rounds }) {
  const samples = [];
  for (let round = 0; round < rounds; round += 1) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ignoreHTTPSErrors: true });
    const page = await context.newPage();
    let bytes = 0;
    let requests = 0;
    const network = await context.newCDPSession(page);
    await network.send('Network.enable');
    const kinds = new Map();
    network.on('Network.responseReceived', ({ requestId, type }) => kinds.set(requestId, type));
    network.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      // What the page asks for when it is there is no part of its weight.
      if (['Document', 'Script', 'Stylesheet', 'Image', 'Font'].includes(kinds.get(requestId))) {
        bytes += encodedDataLength;
        requests += 1;
      }
    });
    const url = await link();
    const begun = performance.now();
    await page.goto(url);
    await page.locator(ready).first().waitFor();
    samples.push({ ms: performance.now() - begun, kB: bytes / 1_000, requests });
    await context.close();
  }
  return {
    firstLoadKB: rounded(median(samples.map(({ kB }) => kB))),
    files: median(samples.map(({ requests }) => requests)),
    shownMs: rounded(median(samples.map(({ ms }) => ms))),
  };
}

/** What it costs to look on for so many seconds: each second all that tells the time is written anew, and the agent tells what changed. */
async function measureWatching(browser, { link, read }, seconds) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.goto(await link());
  await page.locator('article.card').nth(199).waitFor({ state: 'attached' });
  const cdp = await context.newCDPSession(page);
  await cdp.send('Performance.enable');
  const metrics = async () =>
    Object.fromEntries((await cdp.send('Performance.getMetrics')).metrics.map(({ name, value }) => [name, value]));
  const before = await metrics();
  for (let second = 0; second < seconds; second += 1) {
    await read('report', 'token-001');
    await pause(1_000);
  }
  const after = await metrics();
  const perSecond = (name) => rounded((1_000 * (after[name] - before[name])) / (after.Timestamp - before.Timestamp));
  const heapMB = rounded(after.JSHeapUsedSize / 1_000_000);
  await context.close();
  return { scriptMsPerSecond: perSecond('ScriptDuration'), allMsPerSecond: perSecond('TaskDuration'), heapMB };
}

function tableOf(rows) {
  return table(
    ['page', 'first load, kB', 'files', 'shown after, ms', 'script, ms/s', 'all work, ms/s', 'heap, MB'],
    rows.map((row) => [row.page, row.firstLoadKB, row.files, row.shownMs, row.scriptMsPerSecond, row.allMsPerSecond, row.heapMB]),
  );
}
