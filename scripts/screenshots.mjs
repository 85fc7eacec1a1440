// `npm run screenshots`: draws docs/images/status-page-*.png and dashboard-*.png anew, light and dark, wide and narrow, from processes that run here.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { root, say, setUp } from './set-up.mjs';

const images = join(root, 'docs/images');
const looks = [
  { name: 'light-wide', width: 1280, height: 1000, colorScheme: 'light' },
  { name: 'dark-wide', width: 1280, height: 1000, colorScheme: 'dark' },
  { name: 'light-narrow', width: 360, height: 780, colorScheme: 'light' },
  { name: 'dark-narrow', width: 360, height: 780, colorScheme: 'dark' },
];

/** What a shop has: some machines, an API of its own, and one machine that may use it. */
const shop = `
resourceServers:
  - name: Orders
    identifier: https://orders.example.com/
    scopes:
      - { value: read:orders, description: Read orders }
      - { value: create:orders, description: Place orders }
      - { value: cancel:orders, description: Cancel orders }
clients:
${['Billing worker', 'Warehouse sync', 'Nightly report', 'Search indexer']
  .map(
    (name) =>
      `  - { name: ${name}, app_type: non_interactive, grant_types: [client_credentials], token_endpoint_auth_method: client_secret_post }`,
  )
  .join('\n')}
clientGrants:
  - { client_id: Billing worker, audience: "https://orders.example.com/", scope: [read:orders, create:orders] }
`;

await setUp(say, { isForTests: true });
// Only now are they built.
const { issueTokens, refuseWith } = await import('@evertoken/testkit');
const { launchBrowser, startAgentToShow, startTenantToShow } = await import('./pages/processes.mjs');
mkdirSync(images, { recursive: true });
const browser = await launchBrowser();
try {
  await drawStatusPage();
  await drawDashboard();
} finally {
  await browser.close();
}

/** Three tokens: a day's in its youth, one of half a minute with a history, one that its issuer refuses. */
async function drawStatusPage() {
  const issue = { management: issueTokens(86_400), orders: issueTokens(30), invoices: issueTokens(3_600) };
  const refuse = refuseWith(403, 'access_denied', 'Client is not authorized to access "https://invoices.example.com/".');
  let isRefusing = false;
  const script = async (request, response) => {
    const [, name] = /https:\/\/(\w+)\./.exec(request.form.get('audience') ?? '') ?? [];
    // As long as an issuer on the internet takes.
    await pause(60 + 80 * Math.random());
    return isRefusing && name === 'invoices' ? refuse(request, response) : issue[name](request, response);
  };
  const agent = await startAgentToShow({ tokens: Object.keys(issue), apps: ['nightly-report', 'dashboard', 'worker'], script });
  try {
    say('letting tokens come and go for a minute …');
    for (let second = 0; second < 60; second += 1) {
      if (second === 40) isRefusing = true;
      await agent.read('worker', 'orders');
      if (second % 7 === 0) await agent.read('nightly-report', 'management');
      await pause(1_000);
    }
    await draw('status-page', agent, async (page) => {
      await page.getByRole('article', { name: 'Token invoices' }).waitFor();
      if (!(await page.getByText('To mend:').isVisible())) {
        await page.getByRole('button', { name: 'Mint now: invoices' }).click();
        await page.getByRole('dialog').getByRole('button', { name: 'Mint now' }).click();
        await page.getByRole('button', { name: 'Close' }).click();
      }
      await page.getByText('To mend:').waitFor();
      await page.getByRole('article', { name: 'Token orders' }).locator('summary', { hasText: 'History' }).click();
      await page.getByRole('article', { name: 'Token orders' }).getByRole('table').waitFor();
    });
  } finally {
    await agent.close();
  }
}

async function drawDashboard() {
  const tenant = await startTenantToShow({ seed: shop });
  const open = async (page, section, name, tab) => {
    await page.getByRole('navigation', { name: 'Dashboard' }).getByRole('link', { name: section }).click();
    await page.getByRole('link', { name, exact: true }).click();
    await page.getByRole('navigation', { name: 'Tabs' }).getByRole('link', { name: tab, exact: true }).click();
  };
  try {
    await draw('dashboard', tenant, (page) => page.getByRole('link', { name: 'Search indexer' }).waitFor());
    await draw('dashboard-grants', tenant, async (page) => {
      await open(page, 'Applications', 'Billing worker', 'APIs');
      await page.getByRole('button', { name: '2 of 3 permissions' }).click();
      await page.getByRole('group', { name: /Permissions of Orders/ }).waitFor();
    });
    await draw('dashboard-test', tenant, async (page) => {
      await open(page, 'APIs', 'Orders', 'Test');
      await page.getByRole('button', { name: 'Run Here' }).click();
      await page.getByRole('region', { name: 'Token claims' }).waitFor();
    });
  } finally {
    await tenant.close();
  }
}

async function draw(name, { link }, prepare) {
  for (const look of looks) {
    const { width, height, colorScheme } = look;
    const context = await browser.newContext({ viewport: { width, height }, colorScheme, ignoreHTTPSErrors: true });
    const page = await context.newPage();
    await page.goto(await link());
    await prepare(page);
    await page.evaluate('document.activeElement?.blur()');
    const path = join(images, `${name}-${look.name}.png`);
    await page.screenshot({ path, fullPage: true });
    say(path.slice(root.length));
    await context.close();
  }
}
