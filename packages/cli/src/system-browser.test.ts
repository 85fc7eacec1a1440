import { describe, expect, it } from 'vitest';
import { browserProgram, openInBrowser } from './system-browser.ts';

describe('the browser of the system', () => {
  it('is opened by what each desktop has for it', () => {
    expect(browserProgram('linux', { DISPLAY: ':0' })).toEqual(['xdg-open']);
    expect(browserProgram('linux', { WAYLAND_DISPLAY: 'wayland-0' })).toEqual(['xdg-open']);
    expect(browserProgram('darwin', {})).toEqual(['open']);
    expect(browserProgram('win32', {})?.[0]).toBe('rundll32');
  });

  it('is not looked for where there is no desktop', () => {
    expect(browserProgram('linux', {})).toBeUndefined();
    expect(browserProgram('linux', { DISPLAY: '' })).toBeUndefined();
  });

  it('took nothing where its program is not there', async () => {
    expect(await openInBrowser('http://127.0.0.1:1/', { env: { DISPLAY: ':0', PATH: '/nowhere' } })).toBe(false);
  });
});
