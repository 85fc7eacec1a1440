import { describe, expect, it } from 'vitest';
import { openMarkIn, replaceKeywords } from './keyword-marks.ts';

describe('the marks of a document', () => {
  it.each([
    ['name: "##STAGE## worker"', { STAGE: 'dev' }, 'name: "dev worker"'],
    ['##A####B##', { A: 1, B: true }, '1true'],
    ['[ ##LIST## ]', { LIST: ['a', 'b'] }, '[ a,b ]'],
    ['a: @@LIST@@, b: \'@@LIST@@\', c: "@@LIST@@"', { LIST: ['x'] }, 'a: ["x"], b: ["x"], c: ["x"]'],
    ['a: @@TEXT@@', { TEXT: 'x' }, 'a: "x"'],
    // Patterns of String.replace are text.
    ['##A##', { A: "$& $' $1" }, "$& $' $1"],
    // What @@ brings is looked through once more.
    ['@@A@@', { A: '##B##', B: 'b' }, '"b"'],
    ['##NONE## ##constructor## @@__proto__@@', {}, '##NONE## ##constructor## @@__proto__@@'],
    ['## a heading ##, a@@b, ####', { ' a heading ': 'x' }, '## a heading ##, a@@b, ####'],
  ])('in %j, with %j', (text, keywords, expected) => {
    expect(replaceKeywords(text, keywords)).toBe(expected);
  });

  it('are found where they stand for nothing, but in pages', () => {
    const value = { clients: [{ name: 'good' }, { name: 'x', description: '##A## and ##B##', custom_login_page: '@@config@@' }] };
    expect(openMarkIn(value, { A: 'a' })).toEqual({ mark: '##B##', name: 'B', path: 'clients[1].description' });
    expect(openMarkIn(value, { A: 'a', B: '' })).toBeUndefined();
    expect(openMarkIn('@@A@@', {})).toEqual({ mark: '@@A@@', name: 'A', path: '' });
  });
});
