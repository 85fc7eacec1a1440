import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startNginx } from '../agent/nginx.mjs';

/** What the API answers, by path; bytes. */
export const sizes = { '/1k': 1_024, '/100k': 102_400 };

/**
 * Starts an API that costs little: an nginx that answers files from its cache, and 401 to whatever does not come with a token of the bench's issuer, so
 * that no proxy is measured that passes on what it was given.
 */
export async function startApi(folder) {
  const files = join(folder, 'api-files');
  await mkdir(files, { mode: 0o755 });
  for (const [path, bytes] of Object.entries(sizes)) await writeFile(join(files, path), 'x'.repeat(bytes));
  return await startNginx(folder, 'api', {
    http: `open_file_cache max=10 inactive=1h; default_type application/json; root ${files};
  map $http_authorization $has_token { default 0; "~^Bearer eyJ" 1; }`,
    server: 'location / { if ($has_token = 0) { return 401; } }',
  });
}
