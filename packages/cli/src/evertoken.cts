#!/usr/bin/env node
// A tenant signs on Node's thread pool, of four threads on whatever machine: with fewer cores they take turns with what answers, with more some stand still.
// The pool is there as soon as a module is imported, so its size is said before, and that takes CommonJS.
const { availableParallelism } = process.getBuiltinModule('node:os');
if (process.argv[2] === 'tenant' && process.argv[3] === 'start') {
  process.env['UV_THREADPOOL_SIZE'] ??= String(Math.max(2, availableParallelism()));
}
void import('./bin.ts');
